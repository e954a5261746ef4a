using System.Diagnostics;
using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Flows with the same two slots: a third flow evicts the older one, whose counts are reported.</summary>
public sealed class EvictionTests : IDisposable
{
    private readonly BpfPrograms _programs = LoadedPrograms.Load(slotsPerCpu: 2);
    private readonly TestRun _testRun = new();

    public void Dispose()
    {
        _testRun.Dispose();
        _programs.Dispose();
    }

    [Fact]
    public void An_eviction_contains_the_whole_slot()
    {
        Send(Flow(1000).Syn());
        Send(Flow(1000).Ack().Payload(500));
        NextTick();
        Send(Flow(1001).Ack());
        NextTick();
        long before = Stopwatch.GetTimestamp();
        Send(Packet.Ethernet().IPv6("fd00::2", "fd00::3").Udp(2000, 53));

        Eviction eviction = Assert.Single(DrainEvictions());
        Assert.Equal(RecordKind.Eviction, eviction.Kind);
        Assert.InRange(eviction.SlotIndex, 0u, 1u);
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
    public void Two_flows_fit_in_two_slots()
    {
        for (int i = 0; i < 100; i++)
        {
            Send(Flow(1000).Ack());
            Send(Flow(1001).Ack());
        }

        Assert.Empty(DrainEvictions());
    }

    [Fact]
    public void The_flow_that_was_idle_for_longer_is_evicted()
    {
        for (int port = 1000; port < 1010; port++)
        {
            Send(Flow(port).Ack());
            NextTick();
        }

        Assert.Equal(Enumerable.Range(1000, 8), DrainEvictions().Select(eviction => (int)eviction.Slot.Key.PodPort.Number));
    }

    [Fact]
    public void Each_owner_increases_the_version_by_two()
    {
        for (int port = 1; port <= 20; port++)
            Send(Flow(port).Ack());

        foreach (IGrouping<uint, Eviction> slot in DrainEvictions().GroupBy(eviction => eviction.SlotIndex))
            Assert.Equal(slot.Select((_, i) => 2u * (uint)(i + 1)), slot.Select(eviction => eviction.Slot.Version));
    }

    [Fact]
    public void A_version_that_wraps_skips_0()
    {
        using var map = ProgramMaps.Find(_programs.FromPod, "flow_slots");
        for (int index = 0; index < 2; index++)
            ProgramMaps.Update(map, index, new FlowSlot { Version = uint.MaxValue - 1, Protocol = TransportProtocol.Udp });
        for (int port = 1; port <= 3; port++)
            Send(Flow(port).Ack());

        Assert.Equal([uint.MaxValue - 1, uint.MaxValue - 1, 2u], DrainEvictions().Select(eviction => eviction.Slot.Version));
    }

    [Fact]
    public void Records_lost_to_a_full_ring_are_counted_by_kind_and_no_packet_is_stopped()
    {
        const int sent = 20_000;
        Send(Flow(1000).Ack());
        Send(Flow(1001).Syn(), repeat: sent);
        Counters full = _programs.ReadCounters();
        Send(Flow(1002).Syn());
        Send(Flow(1003).Ack());
        Counters after = _programs.ReadCounters();
        int kept = _programs.Records.Drain(_ => { });

        Assert.Equal(((ulong)(sent - kept), 0UL), (full.LostMoments, full.LostEvictions));
        Assert.Equal((1UL, 2UL), (after.LostMoments - full.LostMoments, after.LostEvictions));
        Assert.Equal(0UL, after.LostDrops);
        int room = 8 + Marshal.SizeOf<Moment>();
        Assert.InRange(kept, (BpfPrograms.RecordBytes / room) - 1, BpfPrograms.RecordBytes / room);

        Send(Flow(1004).Ack());
        Assert.Single(DrainEvictions()); // there is room again
    }

    private static Packet Flow(int port) => Packet.Ethernet().IPv4("10.0.0.2", "10.0.0.3").Tcp(port, 80);

    /// <summary>Waits for the next tick of the programs' clock, at 100 Hz or more.</summary>
    private static void NextTick()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(11))
            Thread.Yield();
    }

    private void Send(Packet packet, int repeat = 1)
    {
        KernelCalls.PinTo(0);
        Assert.Equal(-1, _testRun.Run(_programs.FromPod, packet.ToArray(), repeat: repeat).Verdict);
    }

    private List<Eviction> DrainEvictions()
    {
        List<Eviction> evictions = [];
        _programs.Records.Drain(record =>
        {
            if (RecordRing.KindOf(record) == RecordKind.Eviction)
                evictions.Add(MemoryMarshal.Read<Eviction>(record));
        });
        return evictions;
    }
}
