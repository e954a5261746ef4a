using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>Changes by other programs to qdiscs and filters while the agent is attached by clsact.</summary>
public sealed class RestorationTests : NodeAndPodTest
{
    [Fact]
    public async Task A_removed_qdisc_is_created_again()
    {
        int index = Node.AddVeth("veth1", Pod);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        Node.Tc("qdisc del dev veth1 clsact");
        await watch.UntilAsync(state => state.Restored == 1);

        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count, watch.ToPod.Count));
        Assert.Contains($"Information: attached to veth1 ({index}) again: its qdisc was removed", watch.Log);
        Assert.Equal([new(index, true)], watch.PendingChanges());
        await watch.DisposeAsync();
        Assert.DoesNotContain("clsact", Node.Tc("qdisc show dev veth1"));
    }

    [Theory]
    [InlineData("ingress")]
    [InlineData("egress")]
    public async Task A_removed_filter_is_added_again_and_the_qdisc_is_still_ours(string direction)
    {
        int index = Node.AddVeth("veth1", Pod);
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        Node.Tc($"filter del dev veth1 {direction}");
        await watch.UntilAsync(state => state.Restored == 1);

        Assert.Contains("depmap_from_pod+clsact", Node.Tc("filter show dev veth1 ingress"));
        Assert.Contains("depmap_to_pod+clsact", Node.Tc("filter show dev veth1 egress"));
        Assert.Contains($"Information: attached to veth1 ({index}) again: a filter of ours was removed", watch.Log);
        await watch.DisposeAsync();
        Assert.DoesNotContain("clsact", Node.Tc("qdisc show dev veth1"));
    }

    [Fact]
    public async Task A_qdisc_that_another_program_replaced_belongs_to_that_program()
    {
        Node.AddVeth("veth1", Pod);
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        Node.TcBatch("qdisc del dev veth1 clsact", "qdisc add dev veth1 clsact");
        await watch.UntilAsync(state => state.Restored == 1);

        await watch.DisposeAsync();
        Assert.Contains("clsact", Node.Tc("qdisc show dev veth1"));
        Assert.Equal("", Node.Tc("filter show dev veth1 ingress") + Node.Tc("filter show dev veth1 egress"));
    }

    [Fact]
    public async Task Removing_an_interface_after_its_qdisc_is_not_an_error()
    {
        int index = Node.AddVeth("veth1", Pod);
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        Node.Tc("qdisc del dev veth1 clsact");
        Node.Ip("link del veth1");
        await Task.Delay(1500);

        Assert.Equal([new(index, true), new(index, false)], watch.PendingChanges());
        Assert.Equal(default, watch.Interfaces.State);
        Assert.DoesNotContain(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Our_filter_moves_before_a_newer_filter_within_a_second()
    {
        int index = Node.AddVeth("veth1", Pod);
        using CountingProgram theirs = new(CountingProgram.Accept);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);
        AddInBothDirections(theirs, index);
        await watch.UntilAsync(state => state.Restored == 1);
        long before = theirs.Count;

        traffic.Exchange(5);

        Assert.Equal((5, 5, 10), (watch.FromPod.Count, watch.ToPod.Count, theirs.Count - before));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, Restored: 1), watch.Interfaces.State);
        Assert.Contains($"Information: attached to veth1 ({index}) again: another filter came first", watch.Log);
        await watch.DisposeAsync();
        Assert.Contains("somebody_else", Node.Tc("filter show dev veth1 egress")); // so the qdisc stays
    }

    [Fact]
    public async Task Two_programs_that_want_to_be_first_change_places_at_most_once_a_second()
    {
        int index = Node.AddVeth("veth1", Pod);
        using CountingProgram theirs = new();
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        // The other program moves to the front whenever our filter was added.
        List<uint> added = ListenWhile(TimeSpan.FromSeconds(4), handle =>
        {
            if (handle == ClsactFilter.OurHandle)
                Node.InClsact(clsact => AddFirst(clsact, theirs, index));
        }, begin: () => Node.InClsact(clsact => AddFirst(clsact, theirs, index)));

        Assert.InRange(added.Count(handle => handle == ClsactFilter.OurHandle), 2, 4);
        Assert.Single(watch.Log, line => line.StartsWith("Information: attached to veth1", StringComparison.Ordinal));
        Assert.Contains($"Debug: attached to veth1 ({index}) again: another filter came first", watch.Log);
    }

    [Fact]
    public async Task A_filter_of_another_kind_that_comes_first_is_counted_and_left_alone()
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.Tc("qdisc add dev veth1 clsact");
        Node.Tc("filter add dev veth1 ingress prio 1 protocol all u32 match u32 0 0 flowid 1:1");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);
        Assert.Equal(new AttachmentState(Attached: 1, 0, Preceded: 1, 0, 0, 0, 0), watch.Interfaces.State);

        List<uint> added = ListenWhile(
            TimeSpan.FromSeconds(3),
            begin: () => Node.Tc("filter add dev veth1 ingress prio 1 protocol all u32 match u32 1 1 flowid 1:2"));

        Assert.Single(added); // the other program's
        Assert.Equal(new AttachmentState(Attached: 1, 0, Preceded: 1, 0, 0, 0, 0), watch.Interfaces.State);
        Assert.Single(watch.Log, line => line ==
            $"Warning: cannot be first at veth1 ({index}): "
            + "packets that another filter accepts, drops or redirects are not observed");

        Node.Tc("filter del dev veth1 ingress prio 1");
        await watch.UntilAsync(state => state.Preceded == 0);
        Assert.Contains("pref 2 bpf chain 0 handle 0xde9 depmap_from_pod", Node.Tc("filter show dev veth1 ingress"));
    }

    [Fact]
    public async Task Behind_the_redirect_of_the_bandwidth_plugin_nothing_is_observed_and_the_state_says_so()
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.Batch(["link add bwp0 type ifb", "link set bwp0 up"]);
        Node.Tc("qdisc add dev veth1 handle ffff: ingress");
        Node.Tc("filter add dev veth1 parent ffff: prio 1 protocol all u32 match u32 0 0 action mirred egress redirect dev bwp0");
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        traffic.Exchange(5);
        Assert.Equal((0, 0), (watch.FromPod.Count, watch.ToPod.Count));
        Assert.Equal(new AttachmentState(0, 0, 0, Unobserved: 1, 0, 0, 0), watch.Interfaces.State);
        Assert.Equal(
            $"Warning: cannot observe what veth1 ({index}) receives: an ingress qdisc takes the place of clsact; "
            + "of what it sends, packets that another filter accepts, drops or redirects are not observed",
            Assert.Single(watch.Log, line => line.StartsWith("Warning", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_an_ingress_qdisc_is_replaced_or_removed_both_directions_are_observed(bool theirClsact)
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.Tc("qdisc add dev veth1 ingress");
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);
        Assert.Equal(1, watch.Interfaces.State.OneDirection);

        Node.TcBatch(["qdisc del dev veth1 ingress", .. theirClsact ? (string[])["qdisc add dev veth1 clsact"] : []]);
        await watch.UntilAsync(state => state == new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, Restored: 1));

        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 5), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        Assert.Equal([new(index, true)], watch.PendingChanges());
        await watch.DisposeAsync();
        Assert.Equal(theirClsact, Node.Tc("qdisc show dev veth1").Contains("clsact"));
    }

    [Fact]
    public async Task After_a_clsact_qdisc_is_replaced_by_ingress_one_direction_is_observed()
    {
        Node.AddVeth("veth1", Pod);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        Node.TcBatch("qdisc del dev veth1 clsact", "qdisc add dev veth1 ingress");
        await watch.UntilAsync(state => state is { OneDirection: 1, Restored: 1 });

        (long sent, long received) = (watch.FromPod.Count, watch.ToPod.Count);
        traffic.Exchange(5);
        Assert.Equal((5, 0), (watch.FromPod.Count - sent, watch.ToPod.Count - received));
        await watch.DisposeAsync();
        Assert.Contains("qdisc ingress", Node.Tc("qdisc show dev veth1"));
    }

    [Fact]
    public async Task A_qdisc_that_accepts_no_filter_is_reported_and_attaching_is_retried_when_it_is_removed()
    {
        int index = Node.AddVeth("veth1", Pod);
        Node.Tc("qdisc add dev veth1 ingress_block 22 clsact"); // filters must be added to the shared block instead
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);
        Assert.Equal(new AttachmentState(0, 0, 0, 0, 0, Failing: 1, 0), watch.Interfaces.State);
        Assert.Single(watch.Log, line => line.StartsWith("Warning: cannot attach to veth1", StringComparison.Ordinal));

        Node.Tc("qdisc del dev veth1 clsact");

        Assert.Equal(new(index, true), await watch.NextAsync().WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(new AttachmentState(Attached: 1, 0, 0, 0, 0, 0, 0), watch.Interfaces.State);
    }

    private static int AddFirst(Clsact clsact, CountingProgram program, int index)
    {
        const uint handle = 1;
        foreach (ClsactFilter old in clsact.ListFilters(index, ClsactDirection.Ingress).Where(filter => filter.Handle == handle))
            clsact.RemoveFilter(index, ClsactDirection.Ingress, old);
        return clsact.AddFilter(index, ClsactDirection.Ingress, program.Descriptor, "somebody_else", handle);
    }

    private void AddInBothDirections(CountingProgram program, int index)
    {
        foreach (ClsactDirection direction in Enum.GetValues<ClsactDirection>())
            Assert.Equal(0, Node.InClsact(clsact => clsact.AddFilter(index, direction, program.Descriptor, "somebody_else", handle: 1)));
    }

    /// <summary>Handles of the filters that any program added to a clsact or ingress qdisc.</summary>
    private List<uint> ListenWhile(TimeSpan time, Action<uint>? each = null, Action? begin = null) => Node.Run(() =>
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
