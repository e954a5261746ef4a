namespace Depmap.Bpf.Tests;

public sealed class OtherPacketTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    [Theory]
    [InlineData(0x0806)] // ARP
    [InlineData(0x88cc)] // LLDP
    [InlineData(0x8847)] // MPLS
    [InlineData(0x0026)] // a length, IEEE 802.3
    [InlineData(0xffff)]
    public void What_is_no_IP_is_counted_and_goes_on(int type)
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
    public void What_is_neither_TCP_nor_UDP_is_counted_and_goes_on(byte protocol)
    {
        FromPod(IPv4FromPod().Protocol(protocol));
        ToPod(Packet.Ethernet().IPv6(Peer6, Pod6).Protocol(protocol));
        AssertOnlyCounted(other: 2);
    }

    [Fact]
    public void A_ping_is_counted_and_goes_on()
    {
        FromPod(IPv4FromPod().Icmp(8, 0).Payload(56));
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Icmp(0, 0).Payload(56));
        FromPod(IPv6FromPod().IcmpV6(128, 0).Payload(56));
        AssertOnlyCounted(other: 3);
    }
}
