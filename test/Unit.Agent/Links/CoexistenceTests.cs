using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

/// <summary>Other programs on the same interface, and what a killed agent leaves behind.</summary>
public sealed class CoexistenceTests : NodeAndPodTest
{
    private readonly CountingProgram _foreign = new();

    public override void Dispose()
    {
        _foreign.Dispose();
        base.Dispose();
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task After_a_stop_no_program_is_left(Hook mode)
    {
        int index = Node.AddVeth("veth1", Pod);
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);
        string[] filters = [Node.Tc("filter show dev veth1 ingress"), Node.Tc("filter show dev veth1 egress")];
        if (mode == Hook.Tcx)
        {
            Assert.Equal([watch.FromPod.Id, watch.ToPod.Id], CountingProgram.AttachedByTcx(Node, index));
            Assert.Equal(["", ""], filters);
        }
        else
        {
            Assert.Contains("pref 1 bpf chain 0 handle 0xde9 depmap_from_pod+clsact direct-action", filters[0]);
            Assert.Contains("pref 1 bpf chain 0 handle 0xde9 depmap_to_pod+clsact direct-action", filters[1]);
        }

        await watch.DisposeAsync();

        Assert.Empty(CountingProgram.AttachedByTcx(Node, index));
        Assert.DoesNotContain("clsact", Node.Tc("qdisc show"));
        Assert.Equal([new(index, true), new(index, false)], watch.PendingChanges());
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
    public async Task An_earlier_program_sees_every_packet_before_during_and_after(
        Hook mode, Hook how, int verdict)
    {
        using CountingProgram theirs = new(verdict);
        int index = Node.AddVeth("veth1", Pod);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        using TcxLink? link = Attach(theirs, index, how);
        traffic.Exchange(3);
        Assert.Equal(3, theirs.Count);

        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);
        traffic.Exchange(5);
        Assert.Equal(8, theirs.Count);
        Assert.Equal((5, 5), (watch.FromPod.Count, watch.ToPod.Count));
        await watch.StopAsync();
        traffic.Exchange(2);

        Assert.Equal(10, theirs.Count);
        Assert.Equal((5, 5), (watch.FromPod.Count, watch.ToPod.Count));
        Assert.Equal(how == Hook.Clsact, Node.Tc("qdisc show dev veth1").Contains("clsact"));
        await watch.DisposeAsync();
    }

    [Theory]
    [InlineData(Hook.Tcx, Hook.Clsact)]
    [InlineData(Hook.Tcx, Hook.Tcx)]
    [InlineData(Hook.Clsact, Hook.Clsact)]
    [InlineData(Hook.Clsact, Hook.Tcx)]
    public async Task A_later_program_sees_every_packet_and_stays_after_a_stop(Hook mode, Hook how)
    {
        int index = Node.AddVeth("veth1", Pod);
        using UdpTraffic traffic = new(Node, "veth1", Pod, "eth0");
        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);
        using TcxLink? link = Attach(_foreign, index, how, qdisc: mode == Hook.Tcx);

        traffic.Exchange(5);
        Assert.Equal((5, 5, 5), (_foreign.Count, watch.FromPod.Count, watch.ToPod.Count));
        await watch.StopAsync();
        traffic.Exchange(2);

        Assert.Equal((7, 5, 5), (_foreign.Count, watch.FromPod.Count, watch.ToPod.Count));
    }

    [Fact]
    public async Task Another_program_s_clsact_qdisc_stays_even_if_it_is_empty()
    {
        Node.AddVeth("veth1", Pod);
        Node.Tc("qdisc add dev veth1 clsact");
        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        await watch.DisposeAsync();

        Assert.Contains("clsact", Node.Tc("qdisc show dev veth1"));
        Assert.Equal("", Node.Tc("filter show dev veth1 ingress"));
    }

    [Fact]
    public async Task If_priority_one_is_taken_the_next_one_is_used()
    {
        Node.AddVeth("veth1", Pod);
        Node.Tc("qdisc add dev veth1 clsact");
        Node.Tc("filter add dev veth1 ingress prio 1 protocol ip u32 match u32 0 0 flowid 1:1");
        Node.Tc("filter add dev veth1 ingress prio 2 protocol all u32 match u32 0 0 flowid 1:1");

        await using RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, Hook.Clsact);

        Assert.Contains("pref 3 bpf chain 0 handle 0xde9 depmap_from_pod direct-action", Node.Tc("filter show dev veth1 ingress"));
        Assert.Contains("pref 1 bpf chain 0 handle 0xde9 depmap_to_pod direct-action", Node.Tc("filter show dev veth1 egress"));
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task The_next_start_removes_what_a_killed_agent_left_and_nothing_else(Hook mode)
    {
        int still = Node.AddVeth("still", Pod, peer: "eth0");
        int shared = Node.AddVeth("shared", Pod, peer: "eth1");
        int uplink = Node.AddVeth("uplink", Pod, peer: "eth2");
        Node.Batch(["address add 10.9.0.2/24 dev uplink", "link set uplink up", "route add default via 10.9.0.1"]);
        Node.Tc("qdisc add dev shared clsact");
        Attach(_foreign, shared, Hook.Clsact, qdisc: false);
        using (CountingProgram old = new())
        {
            // As after kill -9: attached, and never detached.
            foreach (int index in (int[])[still, shared, uplink])
            {
                Assert.NotNull(Node.InClsact(clsact =>
                    ClsactAttachment.TryAttach(clsact, index, old.Descriptor, old.Descriptor, out _)));
            }
        }

        Assert.Contains("depmap_from_pod+clsact", Node.Tc("filter show dev uplink ingress"));

        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);
        Assert.DoesNotContain("clsact", Node.Tc("qdisc show dev uplink"));
        Assert.Equal(mode == Hook.Tcx ? 0 : 1, Node.Tc("filter show dev still ingress").Split("depmap_from_pod").Length - 1);
        Assert.Equal(mode == Hook.Tcx ? 0 : 1, Node.Tc("filter show dev shared egress").Split("depmap_to_pod").Length - 1);
        await watch.DisposeAsync();

        Assert.DoesNotContain("clsact", Node.Tc("qdisc show dev still"));
        Assert.Contains("somebody_else", Node.Tc("filter show dev shared ingress"));
        Assert.DoesNotContain("depmap", Node.Tc("filter show dev shared ingress") + Node.Tc("filter show dev shared egress"));
    }

    [Theory]
    [InlineData(Hook.Tcx)]
    [InlineData(Hook.Clsact)]
    public async Task The_next_start_removes_what_a_killed_agent_left_in_an_ingress_qdisc_and_nothing_else(Hook mode)
    {
        int plugin = Node.AddVeth("plugin", Pod, peer: "eth0");
        int uplink = Node.AddVeth("uplink", Pod, peer: "eth1");
        Node.Batch(["address add 10.9.0.2/24 dev uplink", "link set uplink up", "route add default via 10.9.0.1"]);
        using (CountingProgram old = new())
        {
            foreach ((string name, int index) in (ReadOnlySpan<(string, int)>)[("plugin", plugin), ("uplink", uplink)])
            {
                Node.Tc($"qdisc add dev {name} ingress");
                Attach(_foreign, index, Hook.Clsact, qdisc: false);
                Assert.NotNull(Node.InClsact(clsact =>
                    ClsactAttachment.TryAttach(clsact, index, old.Descriptor, old.Descriptor, out _)));
                Assert.Equal(1, Ours(name));
            }
        }

        RunningPodInterfaces watch = await RunningPodInterfaces.StartAsync(Node, mode);
        Assert.Equal((mode == Hook.Clsact ? 1 : 0, 0), (Ours("plugin"), Ours("uplink")));
        await watch.DisposeAsync();

        foreach (string name in (string[])["plugin", "uplink"])
        {
            Assert.Equal(0, Ours(name));
            Assert.Contains("somebody_else", Node.Tc($"filter show dev {name} ingress"));
            Assert.Contains("qdisc ingress", Node.Tc($"qdisc show dev {name}"));
        }

        int Ours(string name) => Node.Tc($"filter show dev {name} ingress").Split("depmap").Length - 1;
    }

    [Fact]
    public void An_attachment_knows_when_its_interface_was_replaced()
    {
        foreach (Hook mode in Enum.GetValues<Hook>())
        {
            int index = Node.AddVeth("veth1", Pod, "index 77");
            Assert.Equal((true, false), Node.InClsact(clsact =>
            {
                InterfaceAttachment attachment = mode == Hook.Tcx
                    ? TcxAttachment.TryAttach(index, _foreign.Descriptor, _foreign.Descriptor, out _)!
                    : ClsactAttachment.TryAttach(clsact, index, _foreign.Descriptor, _foreign.Descriptor, out _)!;
                bool before = attachment.IsAttached();
                Node.Ip("link del veth1");
                Node.AddVeth("veth1", Pod, "index 77");
                return (before, attachment.IsAttached());
            }));
            Node.Ip("link del veth1");
        }
    }

    private TcxLink? Attach(CountingProgram program, int index, Hook how, bool qdisc = true)
    {
        if (how == Hook.Tcx)
            return Node.Run(() => TcxLink.TryCreate(program.Descriptor, index, TcxLink.Ingress, out _));
        Assert.Equal(0, Node.InClsact(clsact => qdisc ? clsact.AddQdisc(index) : 0));
        Assert.Equal(0, Node.InClsact(clsact => clsact.AddFilter(
            index, ClsactDirection.Ingress, program.Descriptor, "somebody_else", handle: 1)));
        return null;
    }
}
