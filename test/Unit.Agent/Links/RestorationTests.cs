using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>What others do to qdiscs and filters while we are attached by clsact, and what is done about it.</summary>
public sealed class RestorationTests : IDisposable
{
    private readonly LinksNamespace _node = new();
    private readonly LinksNamespace _pod = new();

    public void Dispose()
    {
        _node.Dispose();
        _pod.Dispose();
    }

    [Fact]
    public async Task A_removed_qdisc_is_made_again()
    {
        int index = _node.AddVeth("veth1", _pod);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        _node.Tc("qdisc del dev veth1 clsact");
        await watch.UntilAsync(state => state.Restored == 1);

        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count, watch.ToPod.Count));
        Assert.Contains($"Information: attached to veth1 ({index}) again: its qdisc was removed", watch.Log);
        Assert.Equal([new(index, true)], watch.Rest());
        await watch.DisposeAsync();
        Assert.DoesNotContain("clsact", _node.Tc("qdisc show dev veth1"));
    }

    [Theory]
    [InlineData("ingress")]
    [InlineData("egress")]
    public async Task A_removed_filter_is_added_again_and_the_qdisc_is_still_ours(string direction)
    {
        int index = _node.AddVeth("veth1", _pod);
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        _node.Tc($"filter del dev veth1 {direction}");
        await watch.UntilAsync(state => state.Restored == 1);

        Assert.Contains("depmap_from_pod+clsact", _node.Tc("filter show dev veth1 ingress"));
        Assert.Contains("depmap_to_pod+clsact", _node.Tc("filter show dev veth1 egress"));
        Assert.Contains($"Information: attached to veth1 ({index}) again: a filter of ours was removed", watch.Log);
        await watch.DisposeAsync();
        Assert.DoesNotContain("clsact", _node.Tc("qdisc show dev veth1"));
    }

    [Fact]
    public async Task A_qdisc_that_others_removed_and_made_again_is_theirs()
    {
        _node.AddVeth("veth1", _pod);
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        _node.TcBatch("qdisc del dev veth1 clsact", "qdisc add dev veth1 clsact");
        await watch.UntilAsync(state => state.Restored == 1);

        await watch.DisposeAsync();
        Assert.Contains("clsact", _node.Tc("qdisc show dev veth1"));
        Assert.Equal("", _node.Tc("filter show dev veth1 ingress") + _node.Tc("filter show dev veth1 egress"));
    }

    [Fact]
    public async Task An_interface_that_goes_after_its_qdisc_is_no_error()
    {
        int index = _node.AddVeth("veth1", _pod);
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        _node.Tc("qdisc del dev veth1 clsact");
        _node.Ip("link del veth1");
        await Task.Delay(1500);

        Assert.Equal([new(index, true), new(index, false)], watch.Rest());
        Assert.Equal(default, watch.Interfaces.State);
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_newer_filter_that_accepts_packets_comes_behind_ours_within_a_second()
    {
        int index = _node.AddVeth("veth1", _pod);
        using CountingProgram theirs = new(CountingProgram.Accept);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);
        AddAtBothEnds(theirs, index);
        await watch.UntilAsync(state => state.Restored == 1);
        long before = theirs.Count;

        traffic.Exchange(5);

        Assert.Equal((5, 5, 10), (watch.FromPod.Count, watch.ToPod.Count, theirs.Count - before));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, Restored: 1), watch.Interfaces.State);
        Assert.Contains($"Information: attached to veth1 ({index}) again: another filter came first", watch.Log);
        await watch.DisposeAsync();
        Assert.Contains("somebody_else", _node.Tc("filter show dev veth1 egress")); // and so the qdisc stays
    }

    [Fact]
    public async Task Two_programs_that_want_to_be_first_change_places_once_a_second()
    {
        int index = _node.AddVeth("veth1", _pod);
        using CountingProgram theirs = new();
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        // Theirs comes back first as soon as ours was added.
        List<uint> added = ListenWhile(TimeSpan.FromSeconds(4), handle =>
        {
            if (handle == ClsactFilter.OurHandle)
                _node.InClsact(clsact => AddFirst(clsact, theirs, index));
        }, begin: () => _node.InClsact(clsact => AddFirst(clsact, theirs, index)));

        Assert.InRange(added.Count(handle => handle == ClsactFilter.OurHandle), 2, 4);
        Assert.Single(watch.Log, line => line.StartsWith("Information: attached to veth1", StringComparison.Ordinal));
        Assert.Contains($"Debug: attached to veth1 ({index}) again: another filter came first", watch.Log);
    }

    [Fact]
    public async Task A_filter_of_another_kind_that_comes_first_is_counted_and_not_fought()
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.Tc("qdisc add dev veth1 clsact");
        _node.Tc("filter add dev veth1 ingress prio 1 protocol all u32 match u32 0 0 flowid 1:1");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);
        Assert.Equal(new AttachmentState(Attached: 1, 0, Preceded: 1, 0, 0, 0, 0), watch.Interfaces.State);

        List<uint> added = ListenWhile(
            TimeSpan.FromSeconds(3),
            begin: () => _node.Tc("filter add dev veth1 ingress prio 1 protocol all u32 match u32 1 1 flowid 1:2"));

        Assert.Single(added); // theirs
        Assert.Equal(new AttachmentState(Attached: 1, 0, Preceded: 1, 0, 0, 0, 0), watch.Interfaces.State);
        Assert.Single(watch.Log, line => line ==
            $"Warning: cannot be first at veth1 ({index}): "
            + "packets that another filter accepts, drops or redirects are not observed");

        _node.Tc("filter del dev veth1 ingress prio 1");
        await watch.UntilAsync(state => state.Preceded == 0);
        Assert.Contains("pref 2 bpf chain 0 handle 0xde9 depmap_from_pod", _node.Tc("filter show dev veth1 ingress"));
    }

    [Fact]
    public async Task Behind_the_redirect_of_the_bandwidth_plugin_nothing_is_seen_and_the_state_says_so()
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.Batch(["link add bwp0 type ifb", "link set bwp0 up"]);
        _node.Tc("qdisc add dev veth1 handle ffff: ingress");
        _node.Tc("filter add dev veth1 parent ffff: prio 1 protocol all u32 match u32 0 0 action mirred egress redirect dev bwp0");
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        traffic.Exchange(5);
        Assert.Equal((0, 0), (watch.FromPod.Count, watch.ToPod.Count));
        Assert.Equal(new AttachmentState(0, 0, 0, Unobserved: 1, 0, 0, 0), watch.Interfaces.State);
        Assert.Equal(
            $"Warning: cannot observe what veth1 ({index}) receives: an ingress qdisc stands where clsact would; "
            + "of what it sends, packets that another filter accepts, drops or redirects are not observed",
            Assert.Single(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_ingress_qdisc_that_gives_way_to_clsact_or_to_nothing_makes_both_directions_observed(bool theirClsact)
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.Tc("qdisc add dev veth1 ingress");
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);
        Assert.Equal(1, watch.Interfaces.State.OneDirection);

        _node.TcBatch(["qdisc del dev veth1 ingress", .. theirClsact ? (string[])["qdisc add dev veth1 clsact"] : []]);
        await watch.UntilAsync(state => state == new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, Restored: 1));

        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        Assert.Equal([new(index, true)], watch.Rest());
        await watch.DisposeAsync();
        Assert.Equal(theirClsact, _node.Tc("qdisc show dev veth1").Contains("clsact"));
    }

    [Fact]
    public async Task A_clsact_qdisc_that_gives_way_to_ingress_leaves_one_direction_observed_once()
    {
        _node.AddVeth("veth1", _pod);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        _node.TcBatch("qdisc del dev veth1 clsact", "qdisc add dev veth1 ingress");
        await watch.UntilAsync(state => state is { OneDirection: 1, Restored: 1 });

        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 0), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        await watch.DisposeAsync();
        Assert.Contains("qdisc ingress", _node.Tc("qdisc show dev veth1"));
    }

    [Fact]
    public async Task A_qdisc_that_takes_no_filter_of_ours_is_reported_and_tried_again_when_it_goes()
    {
        int index = _node.AddVeth("veth1", _pod);
        _node.Tc("qdisc add dev veth1 ingress_block 22 clsact"); // filters of a shared block are the block's
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);
        Assert.Equal(new AttachmentState(0, 0, 0, 0, 0, Failing: 1, 0), watch.Interfaces.State);
        Assert.Single(watch.Log, line => line.StartsWith("Warning: cannot attach to veth1", StringComparison.Ordinal));

        _node.Tc("qdisc del dev veth1 clsact");

        Assert.Equal(new(index, true), await watch.NextAsync().WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), watch.Interfaces.State);
    }

    private static int AddFirst(Clsact clsact, CountingProgram program, int index)
    {
        const uint handle = 1;
        foreach (ClsactFilter old in clsact.Filters(index, ClsactDirection.Ingress).Where(filter => filter.Handle == handle))
            clsact.RemoveFilter(index, ClsactDirection.Ingress, old);
        return clsact.AddFilter(index, ClsactDirection.Ingress, program.Descriptor, "somebody_else", handle);
    }

    private void AddAtBothEnds(CountingProgram program, int index)
    {
        foreach (ClsactDirection direction in Enum.GetValues<ClsactDirection>())
            Assert.Equal(0, _node.InClsact(clsact => clsact.AddFilter(index, direction, program.Descriptor, "somebody_else", handle: 1)));
    }

    /// <summary>The handles of the filters that anybody added to a clsact or ingress qdisc.</summary>
    private List<uint> ListenWhile(TimeSpan time, Action<uint>? each = null, Action? begin = null) => _node.Run(() =>
    {
        using var events = NetlinkSocket.Open(Rtnetlink.TrafficGroup);
        List<uint> handles = [];
        begin?.Invoke();
        for (long end = Environment.TickCount64 + (long)time.TotalMilliseconds; Environment.TickCount64 < end; Thread.Sleep(10))
        {
            int known = handles.Count;
            events.Receive(message =>
            {
                if (message.Type == Rtnetlink.NewFilter && message.TryRead(out TrafficHeader header, out _))
                    handles.Add(header.Handle);
            });
            foreach (uint handle in handles[known..])
                each?.Invoke(handle);
        }

        return handles;
    });
}
