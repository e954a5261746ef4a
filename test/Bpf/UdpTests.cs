using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

public sealed class UdpTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    [Fact]
    public void The_first_packet_of_each_direction_is_a_moment()
    {
        FromPod(UdpFromPod().Payload(30));
        FromPod(UdpFromPod().Payload(30));
        ToPod(UdpToPod().Payload(100));
        ToPod(UdpToPod().Payload(100));
        FromPod(UdpFromPod().Payload(30));

        Assert.Equal(
            [(Direction.FromPod, FlowFlags.Seen), (Direction.ToPod, FlowFlags.Seen)],
            Moments.Select(moment => (moment.Direction, moment.Flags)));
        Assert.All(Moments, moment => Assert.Equal((TransportProtocol.Udp, Key()), (moment.Protocol, moment.Key)));
        Assert.All(Moments, moment => Assert.Equal((0u, 0u), (moment.TcpSequence, moment.TcpAcknowledgement)));
        Assert.Equal((3u, 2u, 174UL, 256UL), (Flow.PacketsFromPod, Flow.PacketsToPod, Flow.BytesFromPod, Flow.BytesToPod));
    }

    [Fact]
    public void An_empty_datagram_counts()
    {
        FromPod(UdpFromPod());
        Assert.Equal((1u, 28UL), (Flow.PacketsFromPod, Flow.BytesFromPod));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(65535)]
    public void A_wrong_length_is_ignored(int length)
    {
        FromPod(IPv4FromPod().Udp(PodPort, PeerPort, length).Payload(10));
        Assert.Equal(38UL, Flow.BytesFromPod);
    }

    [Fact]
    public void After_a_minute_of_silence_another_conversation_starts()
    {
        FromPod(UdpFromPod().Payload(5), repeat: 3);
        SetAge(seconds: 61);
        FromPod(UdpFromPod());

        Eviction eviction = Assert.Single(Evictions);
        Assert.Equal((3u, 99UL), (eviction.Slot.PacketsFromPod, eviction.Slot.BytesFromPod));
        Assert.Equal(1u, Flow.PacketsFromPod);
        Assert.Equal(2, Moments.Count);
    }

    [Fact]
    public void Within_a_minute_it_is_the_same_conversation()
    {
        FromPod(UdpFromPod());
        SetAge(seconds: 58);
        FromPod(UdpFromPod());

        Assert.Empty(Evictions);
        Assert.Equal(2u, Flow.PacketsFromPod);
    }

    [Fact]
    public void A_clock_that_lags_does_not_end_a_conversation()
    {
        FromPod(UdpFromPod());
        SetAge(seconds: -1);
        FromPod(UdpFromPod());

        Assert.Empty(Evictions);
    }

    private void SetAge(int seconds)
    {
        int index = Loaded.SlotIndex(Flow.Key);
        FlowSlot slot = Flow;
        slot.Last -= seconds * 1_000_000_000L;
        ProgramMaps.Update(Loaded.SlotMap, index, slot);
    }
}
