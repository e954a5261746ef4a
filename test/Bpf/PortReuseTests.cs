using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>A reused port is another connection, whose counts are kept separate.</summary>
public sealed class PortReuseTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    [Fact]
    public void A_SYN_after_FINs_is_another_connection()
    {
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Syn().Ack());
        FromPod(TcpFromPod().Ack().Payload(100));
        FromPod(TcpFromPod().Fin().Ack());
        ToPod(TcpToPod().Fin().Ack());
        FromPod(TcpFromPod().Syn().Sequence(5));

        FlowSlot old = Assert.Single(Evictions).Slot;
        Assert.Equal((Key(), 3u, 2u, 220UL, 80UL), (old.Key, old.PacketsFromPod, old.PacketsToPod, old.BytesFromPod, old.BytesToPod));
        Assert.Equal((1u, 0u, 40UL, 0UL), (Flow.PacketsFromPod, Flow.PacketsToPod, Flow.BytesFromPod, Flow.BytesToPod));
        Assert.Equal((FlowFlags.Seen | FlowFlags.Syn, FlowFlags.None), (Flow.FlagsFromPod, Flow.FlagsToPod));
        Assert.Equal(old.Version + 2, Flow.Version);
    }

    [Fact]
    public void A_SYN_after_a_RST_is_another_connection()
    {
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Rst().Ack());
        FromPod(TcpFromPod().Syn());

        Assert.Equal((1u, 1u), (Assert.Single(Evictions).Slot.PacketsFromPod, Evictions[0].Slot.PacketsToPod));
        Assert.Equal((1u, 0u), (Flow.PacketsFromPod, Flow.PacketsToPod));
    }

    [Fact]
    public void A_SYN_in_an_established_connection_is_another_connection()
    {
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Syn().Ack());
        FromPod(TcpFromPod().Ack());
        FromPod(TcpFromPod().Syn()); // its end was not seen here

        Assert.Single(Evictions);
        Assert.Equal(1u, Flow.PacketsFromPod);
    }

    [Fact]
    public void A_SYN_from_the_other_side_after_the_end_is_another_connection()
    {
        FromPod(TcpFromPod().Rst());
        ToPod(TcpToPod().Syn());

        Assert.Single(Evictions);
        Assert.Equal((0u, 1u), (Flow.PacketsFromPod, Flow.PacketsToPod));
    }

    [Fact]
    public void A_repeated_SYN_or_SYN_ACK_is_the_same_connection()
    {
        FromPod(TcpFromPod().Syn());
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Syn().Ack());
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Syn().Ack());
        FromPod(TcpFromPod().Ack());
        ToPod(TcpToPod().Syn().Ack());

        Assert.Empty(Evictions);
        Assert.Equal((4u, 3u), (Flow.PacketsFromPod, Flow.PacketsToPod));
    }

    [Fact]
    public void Packets_after_the_end_count_for_the_old_connection()
    {
        FromPod(TcpFromPod().Fin().Ack());
        ToPod(TcpToPod().Fin().Ack());
        FromPod(TcpFromPod().Ack());
        ToPod(TcpToPod().Ack().Payload(9));

        Assert.Empty(Evictions);
        Assert.Equal((2u, 2u), (Flow.PacketsFromPod, Flow.PacketsToPod));
    }
}
