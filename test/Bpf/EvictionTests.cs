using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Tests;

/// <summary>Two flows that fall on one slot: the newer takes it, and what the older had counted is reported.</summary>
public sealed class EvictionTests : IDisposable
{
    private readonly BpfPrograms programs = LoadedPrograms.Load(slotsPerCpu: 1);
    private readonly TestRun testRun = new();

    public void Dispose()
    {
        testRun.Dispose();
        programs.Dispose();
    }

    [Fact]
    public void An_eviction_carries_all_that_the_slot_held()
    {
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(1000, 80).Syn());
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(1000, 80).Ack().Payload(500));
        long before = System.Diagnostics.Stopwatch.GetTimestamp();
        Send(Packet.Ethernet().IPv6("fd00::2", "fd00::3").Udp(2000, 53));

        Eviction eviction = Assert.Single(DrainEvictions());
        Assert.Equal(RecordKind.Eviction, eviction.Kind);
        Assert.Equal(0u, eviction.SlotIndex);
        FlowSlot slot = eviction.Slot;
        Assert.Equal(
            ("10.0.0.2", "10.0.0.3", 1000, 80, 1),
            (slot.Key.Pod.ToString(), slot.Key.Peer.ToString(), slot.Key.PodPort.Number, slot.Key.PeerPort.Number, slot.Key.Interface));
        Assert.Equal((2u, TransportProtocol.Tcp), (slot.Version, slot.Protocol));
        Assert.Equal((FlowFlags.Seen | FlowFlags.Syn | FlowFlags.Ack, FlowFlags.None), (slot.FlagsFromPod, slot.FlagsToPod));
        Assert.Equal((2u, 0u, 580UL, 0UL), (slot.PacketsFromPod, slot.PacketsToPod, slot.BytesFromPod, slot.BytesToPod));
        Assert.InRange(slot.Last, before - 1_000_000_000, before);
    }

    [Fact]
    public void Versions_go_up_by_two_with_each_owner()
    {
        for (int port = 1; port <= 5; port++)
            Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(port, 53));

        Assert.Equal([2u, 4u, 6u, 8u], DrainEvictions().Select(eviction => eviction.Slot.Version));
    }

    [Fact]
    public void A_version_that_wraps_steps_over_0()
    {
        using var map = ProgramMaps.Find(programs.FromPod, "flow_slots");
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(1, 53));
        ProgramMaps.Update(map, 0, new FlowSlot { Version = uint.MaxValue - 1, Protocol = TransportProtocol.Udp });
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(2, 53));
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Udp(3, 53));

        Assert.Equal([uint.MaxValue - 1, 2u], DrainEvictions().Select(eviction => eviction.Slot.Version));
    }

    [Fact]
    public void A_full_ring_is_counted_by_kind_and_stops_no_packet()
    {
        const int sent = 20_000;
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(1000, 80).Syn(), repeat: sent);
        Counters full = programs.ReadCounters();
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(1001, 80).Syn());
        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(1002, 80).Ack());
        Counters after = programs.ReadCounters();
        int kept = programs.Records.Drain(_ => { });

        Assert.Equal((ulong)(sent - kept), full.LostMoments);
        Assert.Equal((1UL, 2UL), (after.LostMoments - full.LostMoments, after.LostEvictions));
        Assert.Equal(0UL, after.LostDrops);
        int room = 8 + Marshal.SizeOf<Moment>();
        Assert.InRange(kept, (BpfPrograms.RecordBytes / room) - 1, BpfPrograms.RecordBytes / room);

        Send(Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(1003, 80).Ack());
        Assert.Equal(1u, Assert.Single(DrainEvictions()).Slot.PacketsFromPod); // there is room again
    }

    private void Send(Packet packet, int repeat = 1)
    {
        KernelCalls.PinTo(0);
        Assert.Equal(-1, testRun.Run(programs.FromPod, packet.ToArray(), repeat: repeat).Verdict);
    }

    private List<Eviction> DrainEvictions()
    {
        List<Eviction> evictions = [];
        programs.Records.Drain(record =>
        {
            if (RecordRing.KindOf(record) == RecordKind.Eviction)
                evictions.Add(MemoryMarshal.Read<Eviction>(record));
        });
        return evictions;
    }
}
