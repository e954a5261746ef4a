namespace Depmap.Bpf.Tests;

public sealed class CountingTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    [Fact]
    public void Bytes_are_those_of_IP_packets_with_their_headers()
    {
        FromPod(TcpFromPod().Ack().Payload(1000));
        FromPod(Packet.Ethernet().IPv4(Pod, Peer, options: 8).Tcp(PodPort, PeerPort, options: 12).Ack().Payload(1));
        Assert.Equal(1040UL + 61, Flow.BytesFromPod);
    }

    [Fact]
    public void IPv6_bytes_include_the_extension_headers()
    {
        FromPod(IPv6FromPod().DestinationOptions(1).Udp(PodPort, PeerPort).Payload(10));
        Assert.Equal(40UL + 16 + 8 + 10, Flow.BytesFromPod);
    }

    [Fact]
    public void Bytes_exclude_a_VLAN_tag()
    {
        FromPod(Packet.Ethernet().Vlan(5).IPv4(Pod, Peer).Udp(PodPort, PeerPort).Payload(10));
        Assert.Equal(38UL, Flow.BytesFromPod);
    }

    [Theory]
    [InlineData(0, 1u, 40UL + 2896)]
    [InlineData(1, 1u, 40UL + 2896)]
    [InlineData(2, 2u, (2 * 40UL) + 2896)]
    [InlineData(45, 45u, (45 * 40UL) + 2896)]
    [InlineData(65535, 65535u, (65535 * 40UL) + 2896)]
    public void Each_segment_of_a_GSO_frame_counts_with_its_headers(int segments, uint packets, ulong bytes)
    {
        FromPod(TcpFromPod().Ack().Payload(2896), segments);
        Assert.Equal((packets, bytes), (Flow.PacketsFromPod, Flow.BytesFromPod));
    }

    [Fact]
    public void Segments_repeat_options_and_IPv6_headers()
    {
        ToPod(Packet.Ethernet().IPv6(Peer6, Pod6).Tcp(PeerPort, PodPort, options: 12).Ack().Payload(2896), segments: 2);
        Assert.Equal((2u, (2 * 72UL) + 2896), (Flow.PacketsToPod, Flow.BytesToPod));
    }

    [Fact]
    public void Segments_of_UDP_repeat_its_header()
    {
        FromPod(UdpFromPod().Payload(2000), segments: 2);
        Assert.Equal((2u, (2 * 28UL) + 2000), (Flow.PacketsFromPod, Flow.BytesFromPod));
    }

    [Fact]
    public void A_GSO_frame_with_a_VLAN_tag_counts_the_same()
    {
        FromPod(Packet.Ethernet().Vlan(5).IPv4(Pod, Peer).Tcp(PodPort, PeerPort).Ack().Payload(2896), segments: 2);
        Assert.Equal((2u, 80UL + 2896), (Flow.PacketsFromPod, Flow.BytesFromPod));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(65535)]
    public void A_wrong_IP_length_is_ignored(int length)
    {
        FromPod(Packet.Ethernet().IPv4(Pod, Peer, length: length).Tcp(PodPort, PeerPort).Ack().Payload(60));
        FromPod(Packet.Ethernet().IPv6(Pod6, Peer6, length: length).Tcp(PodPort, PeerPort).Ack().Payload(60));

        Assert.Equal([100UL, 120UL], Flows.Select(flow => flow.BytesFromPod).Order());
    }

    [Fact]
    public void A_million_packets_count_a_million()
    {
        FromPod(TcpFromPod().Ack().Payload(1448), repeat: 1_000_000);
        Assert.Equal((1_000_000u, 1_488_000_000UL), (Flow.PacketsFromPod, Flow.BytesFromPod));
        Assert.Empty(Moments);
    }
}
