using Depmap.Agent.Kernel;
using Depmap.Agent.Links;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>
/// Frames on a real veth, for what BPF_PROG_TEST_RUN cannot do: headers outside the linear part, a real interface, frames
/// that end within the IP header. A packet socket leaves 14 bytes in the linear part if a frame has 4096 bytes or more.
/// </summary>
[Collection(LoadedPrograms.Collection)]
public sealed class WireTests : IDisposable
{
    private const int Jumbo = 6000;

    private readonly LoadedPrograms _loaded;
    private readonly NetworkNamespace _node = new();
    private readonly NetworkNamespace _pod = new();
    private readonly int _hostSide;
    private InterfaceAttachment? _attachment;
    private readonly Counters _before;

    public WireTests(LoadedPrograms loaded)
    {
        _loaded = loaded;
        try
        {
            _hostSide = _node.Connect(_pod, "veth0", "10.77.1", mtu: 9000);
            _attachment = _node.Run(Attach);
        }
        catch
        {
            Dispose(); // xunit does not dispose if the constructor fails
            throw;
        }

        loaded.Slots.Clear();
        _before = loaded.Programs.ReadCounters();
    }

    /// <summary>The flows of the test: the namespaces also exchange IPv6 packets of their own.</summary>
    private FlowSlot[] Flows =>
        [.. _loaded.Slots.ToArray().Where(slot => slot.Version != 0 && slot.Key.Pod.ToString() is "10.0.0.2" or "fd00::2")];

    public static TheoryData<string> Frames => ["IPv4", "IPv6", "QinQ", "extension headers", "options"];

    public void Dispose()
    {
        _node.Run(() => _attachment?.Forget()); // clsact is removed with the namespace
        _pod.Dispose();
        _node.Dispose();
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void Headers_outside_the_linear_part_are_read(string name)
    {
        Packet packet = name switch
        {
            "IPv4" => Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(40000, 80).Ack(),
            "IPv6" => Packet.Ethernet().IPv6("fd00::2", "fd00::3").Udp(40000, 80),
            "QinQ" => Packet.Ethernet().Vlan(1, 0x88a8).Vlan(2).IPv4("10.0.0.2", "10.0.0.3").Udp(40000, 80),
            "options" => Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3", options: 40).Tcp(40000, 80, options: 40).Ack(),
            _ => Packet.Ethernet().IPv6("fd00::2", "fd00::3").HopByHop(3).Routing(9).Tcp(40000, 80).Ack(),
        };
        _pod.Run(() => KernelCalls.SendFrame(_pod.IndexOf("eth0"), packet.Payload(Jumbo).ToArray()));

        FlowSlot flow = Assert.Single(Flows);
        Assert.Equal((40000, 80, _hostSide), (flow.Key.PodPort.Number, flow.Key.PeerPort.Number, flow.Key.Interface));
        int tags = name == "QinQ" ? 8 : 0;
        Assert.Equal((1u, (ulong)(packet.ToArray().Length - 14 - tags)), (flow.PacketsFromPod, flow.BytesFromPod));
    }

    [Fact]
    public void An_error_outside_the_linear_part_is_read()
    {
        Packet inner = Packet.Inner().IPv4("10.0.0.3", "10.0.0.2").Tcp(80, 40000);
        _loaded.Programs.Records.Drain(_ => { });
        _pod.Run(() => KernelCalls.SendFrame(
            _pod.IndexOf("eth0"), Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Icmp(3, 3, inner).Payload(Jumbo).ToArray()));

        List<Moment> moments = [];
        _loaded.Programs.Records.Drain(record =>
        {
            if (RecordRing.KindOf(record) == RecordKind.Moment)
                moments.Add(System.Runtime.InteropServices.MemoryMarshal.Read<Moment>(record));
        });
        Moment moment = Assert.Single(moments, moment => moment.Icmp != 0);
        Assert.Equal(("10.0.0.2", 40000, 4), (moment.Key.Pod.ToString(), moment.Key.PodPort.Number, moment.Icmp));
    }

    [Fact]
    public void Packets_to_the_pod_are_seen_on_egress()
    {
        _node.Run(() => KernelCalls.SendFrame(
            _hostSide, Packet.Ethernet().IPv4("10.0.0.3", "10.0.0.2").Udp(80, 40000).Payload(Jumbo).ToArray()));

        FlowSlot flow = Assert.Single(Flows);
        Assert.Equal((1u, 0u, _hostSide), (flow.PacketsToPod, flow.PacketsFromPod, flow.Key.Interface));
    }

    [Theory]
    [InlineData(0x0800)]
    [InlineData(0x86dd)]
    public void A_frame_that_ends_within_the_IP_header_is_malformed(int type)
    {
        for (int length = 1; length < 20; length++)
        {
            byte[] frame = Packet.Ethernet().Type((ushort)type).Payload(length).ToArray();
            _pod.Run(() => KernelCalls.SendFrame(_pod.IndexOf("eth0"), frame));
        }

        Assert.Empty(Flows);
        Assert.Equal(19UL, _loaded.Programs.ReadCounters().MalformedPackets - _before.MalformedPackets);
    }

    /// <summary>Attaches like the agent on this kernel.</summary>
    private InterfaceAttachment Attach()
    {
        using NetlinkSocket requests = NetlinkSocket.Open();
        AttachFailure failure;
        InterfaceAttachment? attached = _loaded.Programs.Features.HasTcx
            ? TcxAttachment.TryAttach(_hostSide, _loaded.Programs.FromPod, _loaded.Programs.ToPod, out failure)
            : ClsactAttachment.TryAttach(new Clsact(requests), _hostSide, _loaded.Programs.FromPod, _loaded.Programs.ToPod, out failure);
        return attached ?? throw new InvalidOperationException(failure.Reason);
    }
}
