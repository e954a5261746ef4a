using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>The reader alone, with slots that the test fills like the programs.</summary>
public sealed unsafe class FlowCacheTests : IDisposable
{
    private const int Count = 4;
    private const long Second = 1_000_000_000;

    private readonly FlowSlot* _slots = (FlowSlot*)NativeMemory.AllocZeroed(Count, (nuint)sizeof(FlowSlot));
    private readonly FlowCache _cache;
    private readonly List<FlowGrowth> _growths = [];

    public FlowCacheTests() => _cache = new FlowCache(_slots, Count);

    public void Dispose()
    {
        _cache.Dispose();
        NativeMemory.Free(_slots);
    }

    [Fact]
    public void An_unused_slot_is_ignored()
    {
        Assert.Empty(Scan(Second));
    }

    [Fact]
    public void The_first_scan_reports_all_counts_of_a_slot()
    {
        _slots[1] = Slot(version: 2, port: 7, packets: 3, last: Second);
        _slots[1].FlagsToPod = FlowFlags.Seen;
        _slots[1].PacketsToPod = 2;
        _slots[1].BytesToPod = 90;

        FlowGrowth growth = Assert.Single(Scan(Second));
        Assert.Equal(
            new FlowGrowth(_slots[1].Key, TransportProtocol.Udp, FlowFlags.Seen, FlowFlags.Seen, Second, 300, 90, 3, 2), growth);
    }

    [Fact]
    public void The_next_scan_reports_only_new_counts()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 2, port: 7, packets: 10, last: 2 * Second);

        FlowGrowth growth = Assert.Single(Scan(2 * Second));
        Assert.Equal((7u, 700UL), (growth.PacketsFromPod, growth.BytesFromPod));
    }

    /// <summary>The eviction is behind a record that a paused CPU has not finished.</summary>
    [Fact]
    public void An_eviction_is_awaited_until_the_ring_was_read_to_its_end()
    {
        FlowSlot old = Slot(version: 2, port: 7, packets: 5, last: Second);
        _slots[0] = old;
        Scan(Second);
        _slots[0] = Slot(version: 4, port: 8, packets: 1, last: 2 * Second);
        Assert.Empty(Scan(2 * Second, drained: false));
        Assert.Empty(Scan(3 * Second, drained: false));
        Assert.Empty(Scan(4 * Second, drained: false));

        Assert.Empty(Evict(0, old)); // all of it was reported before
        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(5 * Second))));
    }

    [Fact]
    public void A_slot_without_growth_is_skipped()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        Assert.Empty(Scan(Second));
        Assert.Empty(Scan(2 * Second));
    }

    [Fact]
    public void A_half_counted_packet_is_reported_in_two_parts()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 1, last: Second);
        _slots[0].PacketsFromPod = 0;
        Assert.Equal((0u, 100UL), PacketsAndBytes(Assert.Single(Scan(Second))));
        _slots[0].PacketsFromPod = 1;
        Assert.Equal((1u, 0UL), PacketsAndBytes(Assert.Single(Scan(Second))));
    }

    [Fact]
    public void An_idle_slot_is_not_read()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        Scan(10 * Second);
        _slots[0].PacketsFromPod = 99; // a real packet would also set the time
        Assert.Empty(Scan(11 * Second));
        _slots[0].Last = 11 * Second;
        Assert.Equal(96u, Assert.Single(Scan(12 * Second)).PacketsFromPod);
    }

    [Fact]
    public void The_kernel_s_clock_may_lag_behind_the_scans()
    {
        Scan(10 * Second);
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: (10 * Second) - 50_000_000);
        Assert.Single(Scan(11 * Second));
    }

    [Fact]
    public void A_slot_that_is_being_taken_is_read_again()
    {
        _slots[0] = Slot(version: 3, port: 7, packets: 3, last: Second);
        Assert.Empty(Scan(Second));
        _slots[0].Version = 4;
        _slots[0].Last = 0; // as if it were idle now
        Assert.Equal(3u, Assert.Single(Scan(10 * Second)).PacketsFromPod);
    }

    [Fact]
    public void An_eviction_before_any_scan_reports_all_counts_of_the_flow()
    {
        Assert.Equal(5u, Assert.Single(Evict(0, Slot(version: 2, port: 7, packets: 5, last: Second))).PacketsFromPod);
        _slots[0] = Slot(version: 4, port: 8, packets: 1, last: Second);
        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(Second))));
    }

    [Fact]
    public void An_eviction_after_a_scan_reports_only_new_counts()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 4, port: 8, packets: 1, last: 2 * Second);

        Assert.Equal((7, 2u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 2, port: 7, packets: 5, last: 2 * Second)))));
        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(2 * Second))));
    }

    [Fact]
    public void A_flow_evicted_without_growth_is_not_reported()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        Assert.Empty(Evict(0, _slots[0]));
    }

    [Fact]
    public void A_new_owner_is_read_after_the_eviction_of_the_old_one()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 4, port: 8, packets: 1, last: 2 * Second);

        Assert.Empty(Scan(2 * Second)); // its eviction arrives after the ring was drained
        Assert.Equal((7, 2u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 2, port: 7, packets: 5, last: 2 * Second)))));
        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(3 * Second))));
    }

    [Fact]
    public void A_lost_eviction_is_awaited_once()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 4, port: 8, packets: 1, last: 2 * Second);
        Assert.Empty(Scan(2 * Second));

        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(30 * Second))));
        _slots[0] = Slot(version: 4, port: 8, packets: 6, last: 31 * Second);
        Assert.Equal((8, 5u), PortAndPackets(Assert.Single(Scan(31 * Second))));
    }

    [Fact]
    public void A_slot_that_is_read_again_is_read_once_per_scan()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 3, port: 7, packets: 3, last: 2 * Second);
        Assert.Empty(Scan(2 * Second));
        _slots[0] = Slot(version: 4, port: 8, packets: 1, last: 3 * Second);
        Assert.Empty(Scan(3 * Second)); // the eviction arrived in the ring after it was drained

        Assert.Equal((7, 2u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 2, port: 7, packets: 5, last: 2 * Second)))));
        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(4 * Second))));
    }

    [Fact]
    public void Two_owners_between_scans_are_both_reported()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 6, port: 9, packets: 1, last: 2 * Second);

        Assert.Equal((7, 1u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 2, port: 7, packets: 4, last: 2 * Second)))));
        Assert.Equal((8, 2u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 4, port: 8, packets: 2, last: 2 * Second)))));
        Assert.Equal((9, 1u), PortAndPackets(Assert.Single(Scan(2 * Second))));
    }

    [Fact]
    public void An_eviction_of_an_unscanned_owner_discards_an_owner_whose_eviction_was_lost()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: 3, last: Second);
        Scan(Second);
        Assert.Equal((8, 2u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 4, port: 8, packets: 2, last: 2 * Second)))));
        _slots[0] = Slot(version: 6, port: 9, packets: 1, last: 2 * Second);
        Assert.Equal((9, 1u), PortAndPackets(Assert.Single(Scan(2 * Second))));
    }

    [Fact]
    public void A_late_eviction_does_not_affect_the_newer_owner()
    {
        _slots[0] = Slot(version: 6, port: 9, packets: 4, last: Second);
        Scan(Second);
        Assert.Equal((8, 2u), PortAndPackets(Assert.Single(Evict(0, Slot(version: 4, port: 8, packets: 2, last: Second)))));
        _slots[0] = Slot(version: 6, port: 9, packets: 5, last: 2 * Second);
        Assert.Equal((9, 1u), PortAndPackets(Assert.Single(Scan(2 * Second))));
    }

    [Fact]
    public void Versions_may_wrap()
    {
        _slots[0] = Slot(version: uint.MaxValue - 1, port: 7, packets: 3, last: Second);
        Scan(Second);
        _slots[0] = Slot(version: 2, port: 8, packets: 1, last: 2 * Second);
        Assert.Equal((7, 1u), PortAndPackets(Assert.Single(Evict(0, Slot(uint.MaxValue - 1, port: 7, packets: 4, last: 2 * Second)))));
        Assert.Equal((8, 1u), PortAndPackets(Assert.Single(Scan(2 * Second))));
    }

    [Fact]
    public void A_packet_count_may_wrap()
    {
        _slots[0] = Slot(version: 2, port: 7, packets: uint.MaxValue, last: Second);
        Scan(Second);
        _slots[0].PacketsFromPod = 4;
        _slots[0].Last = 2 * Second;
        Assert.Equal(5u, Assert.Single(Scan(2 * Second)).PacketsFromPod);
    }

    private static FlowSlot Slot(uint version, int port, uint packets, long last) => new()
    {
        Key = new FlowKey(new Address(0, 1), new Address(0, 2), Port.From(port), Port.From(53), 1),
        Version = version,
        Protocol = TransportProtocol.Udp,
        FlagsFromPod = FlowFlags.Seen,
        Last = last,
        PacketsFromPod = packets,
        BytesFromPod = packets * 100UL,
    };

    private static (uint Packets, ulong Bytes) PacketsAndBytes(FlowGrowth growth) => (growth.PacketsFromPod, growth.BytesFromPod);

    private static (int Port, uint Packets) PortAndPackets(FlowGrowth growth) => (growth.Key.PodPort.Number, growth.PacketsFromPod);

    private List<FlowGrowth> Scan(long now, bool drained = true)
    {
        _growths.Clear();
        _cache.Scan(now, drained, Keep);
        return [.. _growths];
    }

    private List<FlowGrowth> Evict(uint index, FlowSlot slot)
    {
        _growths.Clear();
        _cache.OnEvicted(new Eviction { Kind = RecordKind.Eviction, SlotIndex = index, Slot = slot }, Keep);
        return [.. _growths];
    }

    private void Keep(in FlowGrowth growth) => _growths.Add(growth);
}
