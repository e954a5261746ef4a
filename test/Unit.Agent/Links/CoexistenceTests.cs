using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>Other programs on the same interface, and what a killed agent leaves.</summary>
public sealed class CoexistenceTests : IDisposable
{
    private readonly LinksNamespace _node = new();
    private readonly LinksNamespace _pod = new();
    private readonly CountingProgram _foreign = new();

    public void Dispose()
    {
        _foreign.Dispose();
        _node.Dispose();
        _pod.Dispose();
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task After_a_stop_nothing_of_ours_is_left(Hook mode)
    {
        int index = _node.AddVeth("veth1", _pod);
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);
        string[] filters = [_node.Tc("filter show dev veth1 ingress"), _node.Tc("filter show dev veth1 egress")];
        if (mode == Hook.Tcx)
        {
            Assert.Equal([watch.FromPod.Number, watch.ToPod.Number], CountingProgram.AttachedByTcx(_node, index));
            Assert.Equal(["", ""], filters);
        }
        else
        {
            Assert.Contains("pref 1 bpf chain 0 handle 0xde9 depmap_from_pod+clsact direct-action", filters[0]);
            Assert.Contains("pref 1 bpf chain 0 handle 0xde9 depmap_to_pod+clsact direct-action", filters[1]);
        }

        await watch.DisposeAsync();

        Assert.Empty(CountingProgram.AttachedByTcx(_node, index));
        Assert.DoesNotContain("clsact", _node.Tc("qdisc show"));
        Assert.Equal([new(index, true), new(index, false)], watch.Rest());
        Assert.Equal(0, watch.Interfaces.State.Attached);
    }

    [Theory]
    [InlineData(Hook.Tcx, Hook.Clsact, CountingProgram.Next)]
    [InlineData(Hook.Tcx, Hook.Clsact, CountingProgram.Accept)]
    [InlineData(Hook.Tcx, Hook.Tcx, CountingProgram.Next)]
    [InlineData(Hook.Tcx, Hook.Tcx, CountingProgram.Accept)]
    [InlineData(Hook.Clsact, Hook.Clsact, CountingProgram.Next)]
    [InlineData(Hook.Clsact, Hook.Clsact, CountingProgram.Accept)]
    [InlineData(Hook.Clsact, Hook.Tcx, CountingProgram.Next)]
    public async Task A_program_that_was_there_first_sees_every_packet_before_during_and_after(
        Hook mode, Hook how, int verdict)
    {
        using CountingProgram theirs = new(verdict);
        int index = _node.AddVeth("veth1", _pod);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        using TcxLink? link = Attach(theirs, index, how);
        traffic.Exchange(3);
        Assert.Equal(3, theirs.Count);

        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);
        traffic.Exchange(5);
        Assert.Equal(8, theirs.Count);
        Assert.Equal((5, 5), (watch.FromPod.Count, watch.ToPod.Count));
        await watch.StopAsync();
        traffic.Exchange(2);

        Assert.Equal(10, theirs.Count);
        Assert.Equal((5, 5), (watch.FromPod.Count, watch.ToPod.Count));
        Assert.Equal(how == Hook.Clsact, _node.Tc("qdisc show dev veth1").Contains("clsact"));
        await watch.DisposeAsync();
    }

    [Theory]
    [InlineData(Hook.Tcx, Hook.Clsact)]
    [InlineData(Hook.Tcx, Hook.Tcx)]
    [InlineData(Hook.Clsact, Hook.Clsact)]
    [InlineData(Hook.Clsact, Hook.Tcx)]
    public async Task A_program_that_comes_later_sees_every_packet_and_outlives_us(Hook mode, Hook how)
    {
        int index = _node.AddVeth("veth1", _pod);
        using UdpTraffic traffic = new(_node, "veth1", _pod, "eth0");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);
        using TcxLink? link = Attach(_foreign, index, how, qdisc: mode == Hook.Tcx);

        traffic.Exchange(5);
        Assert.Equal((5, 5, 5), (_foreign.Count, watch.FromPod.Count, watch.ToPod.Count));
        await watch.StopAsync();
        traffic.Exchange(2);

        Assert.Equal((7, 5, 5), (_foreign.Count, watch.FromPod.Count, watch.ToPod.Count));
    }

    [Fact]
    public async Task A_clsact_qdisc_of_others_stays_even_when_it_is_empty()
    {
        _node.AddVeth("veth1", _pod);
        _node.Tc("qdisc add dev veth1 clsact");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        await watch.DisposeAsync();

        Assert.Contains("clsact", _node.Tc("qdisc show dev veth1"));
        Assert.Equal("", _node.Tc("filter show dev veth1 ingress"));
    }

    [Fact]
    public async Task Priority_one_in_other_hands_makes_ours_the_next_one()
    {
        _node.AddVeth("veth1", _pod);
        _node.Tc("qdisc add dev veth1 clsact");
        _node.Tc("filter add dev veth1 ingress prio 1 protocol ip u32 match u32 0 0 flowid 1:1");
        _node.Tc("filter add dev veth1 ingress prio 2 protocol all u32 match u32 0 0 flowid 1:1");

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, Hook.Clsact);

        Assert.Contains("pref 3 bpf chain 0 handle 0xde9 depmap_from_pod direct-action", _node.Tc("filter show dev veth1 ingress"));
        Assert.Contains("pref 1 bpf chain 0 handle 0xde9 depmap_to_pod direct-action", _node.Tc("filter show dev veth1 egress"));
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task What_a_killed_agent_left_is_removed_by_the_next_start_and_nothing_else_is(Hook mode)
    {
        int still = _node.AddVeth("still", _pod, peer: "eth0");
        int shared = _node.AddVeth("shared", _pod, peer: "eth1");
        int uplink = _node.AddVeth("uplink", _pod, peer: "eth2");
        _node.Batch(["address add 10.9.0.2/24 dev uplink", "link set uplink up", "route add default via 10.9.0.1"]);
        _node.Tc("qdisc add dev shared clsact");
        Attach(_foreign, shared, Hook.Clsact, qdisc: false);
        using (CountingProgram old = new())
        {
            // As a kill -9 leaves it: attached, and nobody to detach.
            foreach (int index in (int[])[still, shared, uplink])
            {
                Assert.NotNull(_node.InClsact(clsact =>
                    ClsactAttachment.TryAttach(clsact, index, old.Descriptor, old.Descriptor, out _)));
            }
        }

        Assert.Contains("depmap_from_pod+clsact", _node.Tc("filter show dev uplink ingress"));

        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);
        Assert.DoesNotContain("clsact", _node.Tc("qdisc show dev uplink"));
        Assert.Equal(mode == Hook.Tcx ? 0 : 1, _node.Tc("filter show dev still ingress").Split("depmap_from_pod").Length - 1);
        Assert.Equal(mode == Hook.Tcx ? 0 : 1, _node.Tc("filter show dev shared egress").Split("depmap_to_pod").Length - 1);
        await watch.DisposeAsync();

        Assert.DoesNotContain("clsact", _node.Tc("qdisc show dev still"));
        Assert.Contains("somebody_else", _node.Tc("filter show dev shared ingress"));
        Assert.DoesNotContain("depmap", _node.Tc("filter show dev shared ingress") + _node.Tc("filter show dev shared egress"));
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task What_a_killed_agent_left_in_an_ingress_qdisc_is_removed_and_what_was_there_before_stays(Hook mode)
    {
        int plugin = _node.AddVeth("plugin", _pod, peer: "eth0");
        int uplink = _node.AddVeth("uplink", _pod, peer: "eth1");
        _node.Batch(["address add 10.9.0.2/24 dev uplink", "link set uplink up", "route add default via 10.9.0.1"]);
        using (CountingProgram old = new())
        {
            foreach ((string name, int index) in (ReadOnlySpan<(string, int)>)[("plugin", plugin), ("uplink", uplink)])
            {
                _node.Tc($"qdisc add dev {name} ingress");
                Attach(_foreign, index, Hook.Clsact, qdisc: false);
                Assert.NotNull(_node.InClsact(clsact =>
                    ClsactAttachment.TryAttach(clsact, index, old.Descriptor, old.Descriptor, out _)));
                Assert.Equal(1, Ours(name));
            }
        }

        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(_node, mode);
        Assert.Equal((mode == Hook.Clsact ? 1 : 0, 0), (Ours("plugin"), Ours("uplink")));
        await watch.DisposeAsync();

        foreach (string name in (string[])["plugin", "uplink"])
        {
            Assert.Equal(0, Ours(name));
            Assert.Contains("somebody_else", _node.Tc($"filter show dev {name} ingress"));
            Assert.Contains("qdisc ingress", _node.Tc($"qdisc show dev {name}"));
        }

        int Ours(string name) => _node.Tc($"filter show dev {name} ingress").Split("depmap").Length - 1;
    }

    [Fact]
    public void An_attachment_tells_when_it_is_gone()
    {
        foreach (Hook mode in Enum.GetValues<Hook>())
        {
            int index = _node.AddVeth("veth1", _pod, "index 77");
            Assert.Equal((true, false), _node.InClsact(clsact =>
            {
                InterfaceAttachment attachment = mode == Hook.Tcx
                    ? TcxAttachment.TryAttach(index, _foreign.Descriptor, _foreign.Descriptor, out _)!
                    : ClsactAttachment.TryAttach(clsact, index, _foreign.Descriptor, _foreign.Descriptor, out _)!;
                bool before = attachment.IsAttached();
                _node.Ip("link del veth1");
                _node.AddVeth("veth1", _pod, "index 77");
                return (before, attachment.IsAttached());
            }));
            _node.Ip("link del veth1");
        }
    }

    private TcxLink? Attach(CountingProgram program, int index, Hook how, bool qdisc = true)
    {
        if (how == Hook.Tcx)
            return _node.Run(() => TcxLink.TryCreate(program.Descriptor, index, TcxLink.Ingress, out _));
        Assert.Equal(0, _node.InClsact(clsact => qdisc ? clsact.AddQdisc(index) : 0));
        Assert.Equal(0, _node.InClsact(clsact => clsact.AddFilter(
            index, ClsactDirection.Ingress, program.Descriptor, "somebody_else", handle: 1)));
        return null;
    }
}
