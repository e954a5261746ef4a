using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>RFC 792, RFC 4443 3.1: an error contains the packet that caused it, which went in the other direction.</summary>
public sealed class IcmpTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const string Router = "10.0.0.1";
    private const string Router6 = "fd00::1";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(13)]
    [InlineData(15)]
    public void An_error_to_the_pod_is_about_what_the_pod_sent(int code)
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, code, Packet.Inner().IPv4(Pod, Peer).Udp(PodPort, PeerPort)));

        Moment moment = Assert.Single(Moments);
        Assert.Equal((Direction.ToPod, TransportProtocol.Udp, Key()), (moment.Direction, moment.Protocol, moment.Key));
        Assert.Equal(code + 1, moment.Icmp);
        Assert.Empty(Flows);
    }

    [Fact]
    public void An_error_from_the_pod_is_about_what_it_received()
    {
        FromPod(Packet.Ethernet().IPv4(Pod, Peer).Icmp(3, 3, Packet.Inner().IPv4(Peer, Pod).Udp(PeerPort, PodPort)));

        Moment moment = Assert.Single(Moments);
        Assert.Equal((Direction.FromPod, Key(), 4), (moment.Direction, moment.Key, moment.Icmp));
    }

    [Fact]
    public void An_error_about_a_SYN_has_its_flow()
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 1, Packet.Inner().IPv4(Pod, Peer, options: 4).Tcp(PodPort, PeerPort).Syn()));
        Assert.Equal((TransportProtocol.Tcp, Key()), (Moments[0].Protocol, Moments[0].Key));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public void IPv6_errors_are_read(int code)
    {
        ToPod(Packet.Ethernet().IPv6(Router6, Pod6).IcmpV6(1, code, Packet.Inner().IPv6(Pod6, Peer6).Tcp(PodPort, PeerPort).Syn()));
        FromPod(Packet.Ethernet().IPv6(Pod6, Peer6).IcmpV6(1, code, Packet.Inner().IPv6(Peer6, Pod6).Udp(PeerPort, PodPort)));

        Assert.Equal(
            [(Direction.ToPod, TransportProtocol.Tcp), (Direction.FromPod, TransportProtocol.Udp)],
            Moments.Select(moment => (moment.Direction, moment.Protocol)));
        Assert.All(Moments, moment => Assert.Equal((Key6(), code + 1), (moment.Key, (int)moment.Icmp)));
    }

    [Fact]
    public void Extension_headers_of_the_error_and_of_its_packet_are_skipped()
    {
        ToPod(Packet.Ethernet().Vlan(4).IPv6(Router6, Pod6).HopByHop().IcmpV6(
            1, 0, Packet.Inner().IPv6(Pod6, Peer6).DestinationOptions(1).Fragment(9, 0, more: true).Udp(PodPort, PeerPort)));
        Assert.Equal(Key6(), Assert.Single(Moments).Key);
    }

    [Fact]
    public void Eight_bytes_of_the_packet_are_enough()
    {
        byte[] frame = Packet.Ethernet().IPv4(Router, Pod)
            .Icmp(3, 1, Packet.Inner().IPv4(Pod, Peer).Tcp(PodPort, PeerPort).Syn()).ToArray();
        ToPod(frame.AsSpan(..(14 + 20 + 8 + 20 + 8)));
        Assert.Equal(Key(), Assert.Single(Moments).Key);
    }

    [Fact]
    public void Fragmentation_needed_is_not_a_failure()
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 4, Packet.Inner().IPv4(Pod, Peer).Tcp(PodPort, PeerPort)));
        AssertOnlyCounted(other: 1);
    }

    [Fact]
    public void An_invalid_code_is_not_an_error()
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 255, Packet.Inner().IPv4(Pod, Peer).Tcp(PodPort, PeerPort)));
        AssertOnlyCounted(other: 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(11)]
    public void Other_ICMP_types_are_counted_as_other(int type)
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(type, 0, Packet.Inner().IPv4(Pod, Peer).Udp(PodPort, PeerPort)));
        AssertOnlyCounted(other: 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(135)]
    public void Other_ICMPv6_types_are_counted_as_other(int type)
    {
        ToPod(Packet.Ethernet().IPv6(Router6, Pod6).IcmpV6(type, 0, Packet.Inner().IPv6(Pod6, Peer6).Udp(PodPort, PeerPort)));
        AssertOnlyCounted(other: 1);
    }

    [Fact]
    public void ICMP_of_the_other_IP_version_is_counted_as_other()
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).IcmpV6(1, 0, Packet.Inner().IPv4(Pod, Peer).Udp(PodPort, PeerPort)));
        ToPod(Packet.Ethernet().IPv6(Router6, Pod6).Icmp(3, 0, Packet.Inner().IPv6(Pod6, Peer6).Udp(PodPort, PeerPort)));
        AssertOnlyCounted(other: 2);
    }

    [Fact]
    public void An_error_about_neither_TCP_nor_UDP_is_counted_as_other()
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 1, Packet.Inner().IPv4(Pod, Peer).Icmp(8, 0)));
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 1, Packet.Inner().IPv4(Pod, Peer, fragmentOffset: 8).Protocol(17)));
        AssertOnlyCounted(other: 2);
    }

    [Fact]
    public void An_error_about_an_invalid_packet_is_malformed()
    {
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 1, Packet.Inner().IPv6(Pod6, Peer6).Udp(PodPort, PeerPort)));
        ToPod(Packet.Ethernet().IPv6(Router6, Pod6).IcmpV6(1, 1, Packet.Inner().IPv4(Pod, Peer).Tcp(1, 2).Payload(40)));
        ToPod(Packet.Ethernet().IPv4(Router, Pod).Icmp(3, 1));
        AssertOnlyCounted(malformed: 3);
    }
}
