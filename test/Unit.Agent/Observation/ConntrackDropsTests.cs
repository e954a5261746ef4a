using Depmap.Agent.Observation;
using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Observation;

public class ConntrackDropsTests
{
    private const uint Policy = 8, NoRoute = 9;
    private const FlowFlags SynAck = FlowFlags.Syn | FlowFlags.Ack;
    private static readonly DropReasons Reasons = DropReasons.Of((Policy, "NETFILTER_DROP"), (NoRoute, "IP_OUTNOROUTES"));
    private static readonly ConntrackCounters Idle = new(Entries: 1000, MaxEntries: 1000, Dropped: 5, Invalid: 7, InsertFailed: 9);

    [Theory]
    [InlineData(1000, 6, 7, Policy, FlowFlags.Syn, "CONNTRACK_FULL")]
    [InlineData(940, 6, 7, Policy, FlowFlags.Syn, "CONNTRACK_FULL")] // others ended meanwhile
    [InlineData(1000, 6, 7, Policy, FlowFlags.None, "CONNTRACK_FULL")] // a UDP packet
    [InlineData(1000, 5, 7, Policy, FlowFlags.Syn, "NETFILTER_DROP")] // by a rule, although the table is full
    [InlineData(500, 6, 7, Policy, FlowFlags.Syn, "NETFILTER_DROP")] // the tracker dropped another one that it could not insert
    [InlineData(1000, 6, 7, NoRoute, FlowFlags.Syn, "IP_OUTNOROUTES")]
    [InlineData(500, 5, 8, Policy, SynAck, "CONNTRACK_INVALID")]
    [InlineData(500, 5, 7, Policy, SynAck, "NETFILTER_DROP")]
    [InlineData(500, 5, 8, Policy, FlowFlags.Syn, "NETFILTER_DROP")] // an untracked packet has no state
    internal void The_counters_tell_the_tracker_s_drops_from_a_policy_s(
        uint entries, ulong dropped, ulong invalid, uint reason, FlowFlags flags, string expected)
    {
        ConntrackCounters now = Idle;
        ConntrackDrops drops = new(() => now);
        drops.OnScan();
        now = Idle with { Entries = entries, Dropped = dropped, Invalid = invalid };

        Assert.Equal(expected, Explain(drops, new Drop { Reason = reason, Flags = flags }));
    }

    [Fact]
    public void A_packet_with_an_entry_was_not_dropped_by_the_tracker()
    {
        ConntrackCounters now = Idle;
        ConntrackDrops drops = new(() => now);
        drops.OnScan();
        now = Idle with { Dropped = 6 };

        Assert.Equal("NETFILTER_DROP", Explain(drops, new Drop { Reason = Policy, OriginalSourcePort = Port.From(5) }));
        Assert.Equal("NETFILTER_DROP", Explain(drops, new Drop { Reason = Policy, Interface = 7 }));
    }

    [Theory]
    [InlineData(10, true, "CONNTRACK_INSERT_FAILED")]
    [InlineData(9, true, "NETFILTER_DROP")] // by a rule at postrouting
    [InlineData(10, false, "NETFILTER_DROP")] // before its entry would be inserted
    public void A_packet_that_was_about_to_leave_was_dropped_because_its_entry_could_not_be_inserted(
        ulong failed, bool leaving, string expected)
    {
        ConntrackCounters now = Idle;
        ConntrackDrops drops = new(() => now);
        drops.OnScan();
        now = Idle with { Dropped = 6, InsertFailed = failed };

        Drop drop = new() { Reason = Policy, OriginalSourcePort = Port.From(5), Flags = FlowFlags.Syn, Leaving = leaving };
        Assert.Equal(expected, Explain(drops, drop));
    }

    [Fact]
    public void A_packet_that_is_read_after_the_next_scan_is_compared_with_the_scan_before()
    {
        ConntrackCounters now = Idle;
        ConntrackDrops drops = new(() => now);
        drops.OnScan();
        now = Idle with { Dropped = 6 };
        drops.OnScan();
        Assert.Equal("CONNTRACK_FULL", Explain(drops, new Drop { Reason = Policy }));

        drops.OnScan();
        Assert.Equal("NETFILTER_DROP", Explain(drops, new Drop { Reason = Policy }));
    }

    [Fact]
    public void Counters_are_read_once_for_all_packets_of_a_pass()
    {
        int reads = 0;
        ConntrackDrops drops = new(() =>
        {
            reads++;
            return Idle;
        });
        drops.OnScan();
        for (int i = 0; i < 100; i++)
            Explain(drops, new Drop { Reason = Policy });

        Assert.Equal(2, reads);
    }

    private static string Explain(ConntrackDrops drops, Drop drop)
    {
        drops.Explain(ref drop, Reasons, now: 1_000_000);
        return Reasons.Name(drop.Reason);
    }
}
