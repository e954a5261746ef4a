using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>RFC 791 3.2, RFC 8200 4.5: only the first fragment has the ports, the others follow by their identification.</summary>
public sealed class FragmentTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    /// <summary>Part of each identification, because the programs remember the first fragments of other tests.</summary>
    private const int Mark = 0x5a00;

    [Fact]
    public void Later_fragments_count_for_the_flow_of_the_first()
    {
        FromPod(First(id: 1).Udp(PodPort, PeerPort).Payload(1472));
        FromPod(Later(id: 1, offset: 1480, more: true).Protocol(17).Payload(1472));
        FromPod(Later(id: 1, offset: 2960, more: false).Protocol(17).Payload(92));

        Assert.Equal((Key(), 3u, 1500UL + 1500 + 120), (Flow.Key, Flow.PacketsFromPod, Flow.BytesFromPod));
        Assert.Single(Moments);
        Assert.Equal(0UL, Counted.OtherPackets);
    }

    [Fact]
    public void Later_fragments_to_the_pod_count_for_the_flow_of_the_first()
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod, id: Mark + 2, moreFragments: true).Udp(PeerPort, PodPort).Payload(1472));
        ToPod(Packet.Ethernet().IPv4(Peer, Pod, id: Mark + 2, fragmentOffset: 1480).Protocol(17));

        Assert.Equal((Key(), 2u, 0u), (Flow.Key, Flow.PacketsToPod, Flow.PacketsFromPod));
    }

    [Fact]
    public void Later_TCP_fragments_are_counted_without_flags()
    {
        FromPod(First(id: 3).Tcp(PodPort, PeerPort).Ack().Payload(1460));
        FromPod(Later(id: 3, offset: 1480, more: false).Protocol(6));

        Assert.Equal((2u, FlowFlags.Seen | FlowFlags.Ack), (Flow.PacketsFromPod, Flow.FlagsFromPod));
        Assert.Empty(Moments);
    }

    [Theory]
    [InlineData(Pod, Peer, 9, 17)]
    [InlineData("10.0.0.9", Peer, 4, 17)]
    [InlineData(Pod, "10.0.0.9", 4, 17)]
    [InlineData(Pod, Peer, 4, 6)]
    public void A_fragment_without_its_first_is_counted_as_other(string source, string destination, int id, int protocol)
    {
        FromPod(First(id: 4).Udp(PodPort, PeerPort).Payload(1472));
        FromPod(Packet.Ethernet().IPv4(source, destination, id: Mark + id, fragmentOffset: 1480).Protocol((byte)protocol));

        Assert.Equal((1u, 1UL), (Flow.PacketsFromPod, Counted.OtherPackets));
    }

    [Fact]
    public void Later_IPv6_fragments_count_for_the_flow_of_the_first()
    {
        FromPod(IPv6FromPod().HopByHop().Fragment(Mark + 77, 0, more: true).Udp(PodPort, PeerPort).Payload(1000));
        FromPod(IPv6FromPod().HopByHop().Fragment(Mark + 77, 1008, more: true).Protocol(17));
        FromPod(IPv6FromPod().HopByHop().Fragment(Mark + 77, 2016, more: false).Protocol(17));

        Assert.Equal((Key6(), 3u), (Flow.Key, Flow.PacketsFromPod));
        Assert.Equal(40UL + 8 + 8 + 8 + 1000 + (2 * (40 + 8 + 8 + 8)), Flow.BytesFromPod);
    }

    [Fact]
    public void An_IPv6_fragment_without_its_first_is_counted_as_other()
    {
        FromPod(IPv6FromPod().Fragment(Mark + 78, 1008, more: false).Protocol(17));
        AssertOnlyCounted(other: 1);
    }

    [Fact]
    public void The_data_of_a_later_fragment_is_not_read_as_headers()
    {
        FromPod(IPv6FromPod().Fragment(Mark + 79, 8, more: false).HopByHop(31).Tcp(1, 2).Syn());
        FromPod(Later(id: 5, offset: 8, more: false).Tcp(1, 2).Syn());
        AssertOnlyCounted(other: 2);
    }

    [Fact]
    public void An_atomic_fragment_is_a_complete_packet()
    {
        FromPod(IPv6FromPod().Fragment(Mark + 80, 0, more: false).Tcp(PodPort, PeerPort).Syn()); // RFC 6946
        Assert.Equal(Key6(), Flow.Key);
        Assert.Single(Moments);
    }

    [Fact]
    public void A_first_fragment_too_short_for_its_ports_is_malformed()
    {
        byte[] frame = First(id: 6).Tcp(PodPort, PeerPort).Syn().ToArray();
        FromPod(frame.AsSpan(..(14 + 20 + 8))); // RFC 1858, the tiny fragment attack
        AssertOnlyCounted(malformed: 1);
    }

    [Fact]
    public void A_reused_identification_belongs_to_the_later_flow()
    {
        FromPod(First(id: 7).Udp(PodPort, PeerPort).Payload(1472));
        FromPod(First(id: 7).Udp(PodPort, 81).Payload(1472));
        FromPod(Later(id: 7, offset: 1480, more: false).Protocol(17));

        Assert.Equal(2u, Flows.Single(flow => flow.Key.PeerPort.Number == 81).PacketsFromPod);
    }

    private static Packet First(int id) => Packet.Ethernet().IPv4(Pod, Peer, id: Mark + id, moreFragments: true);

    private static Packet Later(int id, int offset, bool more) =>
        Packet.Ethernet().IPv4(Pod, Peer, id: Mark + id, moreFragments: more, fragmentOffset: offset);
}
