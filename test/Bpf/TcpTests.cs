using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

public sealed class TcpTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const FlowFlags Seen = FlowFlags.Seen;

    [Fact]
    public void A_connection_has_a_moment_for_each_change_and_none_for_data()
    {
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Syn().Ack());
        FromPod(TcpFromPod().Ack());
        FromPod(TcpFromPod().Ack().Push().Payload(100));
        ToPod(TcpToPod().Ack());
        ToPod(TcpToPod().Ack().Push().Payload(1000));
        FromPod(TcpFromPod().Ack());
        FromPod(TcpFromPod().Fin().Ack());
        ToPod(TcpToPod().Fin().Ack());
        FromPod(TcpFromPod().Ack());

        Assert.Equal(
            [
                (Direction.FromPod, Seen | FlowFlags.Syn),
                (Direction.ToPod, Seen | FlowFlags.Syn | FlowFlags.Ack),
                (Direction.FromPod, Seen | FlowFlags.Ack),
                (Direction.FromPod, Seen | FlowFlags.Fin | FlowFlags.Ack),
                (Direction.ToPod, Seen | FlowFlags.Fin | FlowFlags.Ack),
            ],
            Moments.Select(moment => (moment.Direction, moment.Flags)));
        Assert.Equal((6u, 4u), (Flow.PacketsFromPod, Flow.PacketsToPod));
        Assert.Equal((6 * 40UL + 100, 4 * 40UL + 1000), (Flow.BytesFromPod, Flow.BytesToPod));
    }

    [Fact]
    public void The_flags_seen_add_up_by_direction()
    {
        FromPod(TcpFromPod().Syn());
        Assert.Equal((Seen | FlowFlags.Syn, FlowFlags.None), (Flow.FlagsFromPod, Flow.FlagsToPod));
        ToPod(TcpToPod().Rst().Ack());
        Assert.Equal((Seen | FlowFlags.Syn, Seen | FlowFlags.Rst | FlowFlags.Ack), (Flow.FlagsFromPod, Flow.FlagsToPod));
        FromPod(TcpFromPod().Fin());
        Assert.Equal(Seen | FlowFlags.Syn | FlowFlags.Fin, Flow.FlagsFromPod);
    }

    [Fact]
    public void Flags_that_are_not_kept_change_nothing()
    {
        FromPod(TcpFromPod().Syn().Ecn().Push());

        Assert.Equal(Seen | FlowFlags.Syn, Flow.FlagsFromPod);
        Assert.Equal(Seen | FlowFlags.Syn, Assert.Single(Moments).Flags);
    }

    [Fact]
    public void A_moment_has_all_fields_of_its_packet()
    {
        long before = System.Diagnostics.Stopwatch.GetTimestamp();
        ToPod(TcpToPod().Syn().Sequence(0x01020304).Acknowledging(0x05060708));
        long after = System.Diagnostics.Stopwatch.GetTimestamp();

        Moment moment = Assert.Single(Moments);
        Assert.Equal(RecordKind.Moment, moment.Kind);
        Assert.Equal(TransportProtocol.Tcp, moment.Protocol);
        Assert.Equal(Direction.ToPod, moment.Direction);
        Assert.Equal(0, moment.Icmp);
        Assert.Equal(Key(), moment.Key);
        Assert.Equal((0x01020304u, 0x05060708u), (moment.TcpSequence, moment.TcpAcknowledgement));
        Assert.InRange(moment.Time, before, after);
    }

    [Fact]
    public void A_slot_s_time_is_that_of_its_last_packet_within_a_tick()
    {
        FromPod(TcpFromPod().Syn());
        long first = Flow.Last;
        // Ticks may be late on a virtual machine. This clock is that of the last tick.
        long tick = KernelCalls.TimeOfTick(), last = tick;
        while (last - tick < 30_000_000)
        {
            last = KernelCalls.TimeOfTick();
            FromPod(TcpFromPod().Ack());
        }

        Assert.InRange(Flow.Last, last - 10_000_000, System.Diagnostics.Stopwatch.GetTimestamp());
        Assert.True(Flow.Last > first);
    }

    [Fact]
    public void A_repeated_SYN_is_a_moment_each_time()
    {
        FromPod(TcpFromPod().Syn().Sequence(7), repeat: 3);

        Assert.Equal([7u, 7u, 7u], Moments.Select(moment => moment.TcpSequence));
        Assert.Equal(3u, Flow.PacketsFromPod);
    }

    [Fact]
    public void An_older_connection_has_no_moment_until_it_ends()
    {
        FromPod(TcpFromPod().Ack().Payload(10));
        ToPod(TcpToPod().Ack().Payload(10));
        Assert.Empty(Moments);
        ToPod(TcpToPod().Rst());

        Assert.Equal(Seen | FlowFlags.Rst, Assert.Single(Moments).Flags);
    }

    [Fact]
    public void A_simultaneous_open_has_a_moment_for_each_SYN()
    {
        FromPod(TcpFromPod().Syn().Sequence(1));
        ToPod(TcpToPod().Syn().Sequence(2));
        FromPod(TcpFromPod().Syn().Sequence(1).Acknowledging(3));
        ToPod(TcpToPod().Syn().Sequence(2).Acknowledging(2));

        Assert.Equal(4, Moments.Count);
        Assert.Empty(Evictions);
    }

    [Fact]
    public void Data_in_a_SYN_counts()
    {
        FromPod(TcpFromPod().Syn().Payload(500)); // TCP Fast Open, RFC 7413

        Assert.Equal(540UL, Flow.BytesFromPod);
        Assert.Single(Moments);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void A_data_offset_below_5_is_malformed(int words)
    {
        FromPod(IPv4FromPod().Tcp(PodPort, PeerPort, headerWords: words).Syn());
        AssertOnlyCounted(malformed: 1);
    }
}
