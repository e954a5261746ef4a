namespace Depmap.Bpf.Tests;

public sealed class VlanTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const ushort ServiceTag = 0x88a8;

    [Theory]
    [InlineData((ushort)0x8100)]
    [InlineData(ServiceTag)]
    public void One_tag_is_stepped_over(ushort type)
    {
        FromPod(Packet.Ethernet().Vlan(5, type).IPv4(Pod, Peer).Tcp(PodPort, PeerPort).Syn());
        Assert.Equal(Key(), Flow.Key);
    }

    [Fact]
    public void Two_tags_are_stepped_over()
    {
        FromPod(Packet.Ethernet().Vlan(100, ServiceTag).Vlan(5).IPv4(Pod, Peer).Udp(PodPort, PeerPort));
        Assert.Equal((Key(), 28UL), (Flow.Key, Flow.BytesFromPod));
    }

    [Fact]
    public void IPv6_within_two_tags_is_found()
    {
        ToPod(Packet.Ethernet().Vlan(100, ServiceTag).Vlan(5).IPv6(Peer6, Pod6).HopByHop().Udp(PeerPort, PodPort));
        Assert.Equal(Key6(), Flow.Key);
    }

    [Fact]
    public void Three_tags_are_something_else()
    {
        FromPod(Packet.Ethernet().Vlan(1, ServiceTag).Vlan(2).Vlan(3).IPv4(Pod, Peer).Udp(PodPort, PeerPort));
        AssertOnlyCounted(other: 1);
    }

    [Fact]
    public void A_tag_on_something_else_is_something_else()
    {
        FromPod(Packet.Ethernet().Vlan(5).Type(0x0806).Payload(28));
        AssertOnlyCounted(other: 1);
    }
}
