using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

public sealed class FlowKeyTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    [Fact]
    public void Both_directions_share_a_slot_with_the_pod_first()
    {
        FromPod(TcpFromPod().Syn());
        ToPod(TcpToPod().Syn().Acknowledging(1));

        Assert.Equal(Key(), Flow.Key);
        Assert.Equal(TransportProtocol.Tcp, Flow.Protocol);
        Assert.Equal((1u, 1u), (Flow.PacketsFromPod, Flow.PacketsToPod));
    }

    [Fact]
    public void The_pod_comes_first_also_as_the_server()
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Tcp(50000, 8080).Syn());
        FromPod(Packet.Ethernet().IPv4(Pod, Peer).Tcp(8080, 50000).Syn().Acknowledging(1));

        Assert.Equal(Key(podPort: 8080, peerPort: 50000), Flow.Key);
    }

    [Fact]
    public void IPv4_addresses_are_mapped_into_IPv6()
    {
        FromPod(TcpFromPod().Syn());

        byte[] address = new byte[16];
        Flow.Key.Pod.CopyTo(address);
        Assert.Equal("10.0.0.2", Flow.Key.Pod.ToString());
        Assert.Equal(Address.From(System.Net.IPAddress.Parse("::ffff:10.0.0.2")), Flow.Key.Pod);
    }

    [Fact]
    public void IPv6_addresses_are_in_network_order()
    {
        FromPod(IPv6FromPod().Tcp(PodPort, PeerPort).Syn());
        ToPod(Packet.Ethernet().IPv6(Peer6, Pod6).Tcp(PeerPort, PodPort).Syn().Acknowledging(1));

        Assert.Equal(Key6(), Flow.Key);
        Assert.Equal(("fd00::2", "fd00::3"), (Flow.Key.Pod.ToString(), Flow.Key.Peer.ToString()));
    }

    [Fact]
    public void TCP_and_UDP_between_the_same_ports_are_two_flows()
    {
        FromPod(TcpFromPod().Syn());
        FromPod(UdpFromPod());

        Assert.Equal(
            [TransportProtocol.Tcp, TransportProtocol.Udp],
            Flows.Select(flow => flow.Protocol).Order());
    }

    [Theory]
    [InlineData("10.0.0.9", Peer, PodPort, PeerPort)]
    [InlineData(Pod, "10.0.0.9", PodPort, PeerPort)]
    [InlineData(Pod, Peer, 40001, PeerPort)]
    [InlineData(Pod, Peer, PodPort, 81)]
    [InlineData(Peer, Pod, PeerPort, PodPort)]
    public void Each_part_of_the_key_distinguishes_flows(string pod, string peer, int podPort, int peerPort)
    {
        FromPod(TcpFromPod().Syn());
        FromPod(Packet.Ethernet().IPv4(pod, peer).Tcp(podPort, peerPort).Syn());

        Assert.Equal(2, Flows.Length);
    }

    [Fact]
    public void Addresses_of_pods_are_learned_and_those_of_peers_are_not()
    {
        using var addresses = ProgramMaps.Find(Loaded.Programs.FromPod, "pod_addresses");
        FromPod(Packet.Ethernet().IPv4("172.16.9.1", "172.16.9.2").Udp(1, 2));
        ToPod(Packet.Ethernet().IPv6("2001:db8::2", "2001:db8::1").Udp(2, 1));

        Assert.Equal(
            [true, false, true, false],
            new[] { "172.16.9.1", "172.16.9.2", "2001:db8::1", "2001:db8::2" }.Select(address =>
                ProgramMaps.Has<Address, byte>(addresses, Address.From(System.Net.IPAddress.Parse(address)))));
    }
}
