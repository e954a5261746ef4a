namespace Depmap.Bpf.Tests;

public sealed class VlanTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const ushort ServiceTag = 0x88a8;

    [Theory]
    [InlineData((ushort)0x8100)]
    [InlineData(ServiceTag)]
    public void One_tag_is_skipped(ushort type)
    {
        FromPod(Packet.Ethernet().Vlan(5, type).IPv4(Pod, Peer).Tcp(PodPort, PeerPort).Syn());
        Assert.Equal(Key(), Flow.Key);
    }

    [Fact]
    public void Two_tags_are_skipped()
    {
        FromPod(Packet.Ethernet().Vlan(100, ServiceTag).Vlan(5).IPv4(Pod, Peer).Udp(PodPort, PeerPort));
        Assert.Equal((Key(), 28UL), (Flow.Key, Flow.BytesFromPod));
    }

    [Fact]
    public void IPv6_after_two_tags_is_read()
    {
        ToPod(Packet.Ethernet().Vlan(100, ServiceTag).Vlan(5).IPv6(Peer6, Pod6).HopByHop().Udp(PeerPort, PodPort));
        Assert.Equal(Key6(), Flow.Key);
    }

    [Fact]
    public void Three_tags_are_counted_as_other()
    {
        FromPod(Packet.Ethernet().Vlan(1, ServiceTag).Vlan(2).Vlan(3).IPv4(Pod, Peer).Udp(PodPort, PeerPort));
        AssertOnlyCounted(other: 1);
    }

    [Fact]
    public void A_tagged_packet_other_than_IP_is_counted_as_other()
    {
        FromPod(Packet.Ethernet().Vlan(5).Type(0x0806).Payload(28));
        AssertOnlyCounted(other: 1);
    }
}
