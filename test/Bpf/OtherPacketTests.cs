namespace Depmap.Bpf.Tests;

public sealed class OtherPacketTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    [Theory]
    [InlineData(0x0806)] // ARP
    [InlineData(0x88cc)] // LLDP
    [InlineData(0x8847)] // MPLS
    [InlineData(0x0026)] // a length, IEEE 802.3
    [InlineData(0xffff)]
    public void Packets_other_than_IP_are_counted_and_continue(int type)
    {
        FromPod(Packet.Ethernet().Type((ushort)type).Payload(46));
        ToPod(Packet.Ethernet().Type((ushort)type).Payload(46));
        AssertOnlyCounted(other: 2);
    }

    [Theory]
    [InlineData(2)]   // IGMP
    [InlineData(4)]   // IP in IP
    [InlineData(47)]  // GRE
    [InlineData(132)] // SCTP
    public void Packets_other_than_TCP_and_UDP_are_counted_and_continue(byte protocol)
    {
        FromPod(IPv4FromPod().Protocol(protocol));
        ToPod(Packet.Ethernet().IPv6(Peer6, Pod6).Protocol(protocol));
        AssertOnlyCounted(other: 2);
    }

    [Fact]
    public void A_ping_is_counted_and_continues()
    {
        FromPod(IPv4FromPod().Icmp(8, 0).Payload(56));
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Icmp(0, 0).Payload(56));
        FromPod(IPv6FromPod().IcmpV6(128, 0).Payload(56));
        AssertOnlyCounted(other: 3);
    }
}
