namespace Depmap.Bpf.Tests;

/// <summary>A frame that ends too early is counted as such, wherever it ends.</summary>
public sealed class CutPacketTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    /// <summary>
    /// Shorter ones BPF_PROG_TEST_RUN refuses: an IP header must be whole if the Ethernet header names it. Behind a tag
    /// it need not be.
    /// </summary>
    private const int ShortestIPv4 = 14 + 20, ShortestIPv6 = 14 + 40, ShortestTagged = 15;

    /// <summary>By name: the frame, where to begin, and the first length at which it has all that is needed.</summary>
    private static readonly Dictionary<string, (byte[] Frame, int Shortest, int Enough)> Frames = new()
    {
        ["TCP"] = (TcpFromPod().Syn().ToArray(), ShortestIPv4, 14 + 20 + 20),
        ["UDP"] = (UdpFromPod().ToArray(), ShortestIPv4, 14 + 20 + 8),
        ["IPv4 options"] = (
            Packet.Ethernet().IPv4(Pod, Peer, options: 40).Tcp(PodPort, PeerPort).Syn().ToArray(), ShortestIPv4, 14 + 60 + 20),
        ["IPv6 TCP"] = (IPv6FromPod().Tcp(PodPort, PeerPort).Syn().ToArray(), ShortestIPv6, 14 + 40 + 20),
        ["IPv6 UDP"] = (IPv6FromPod().Udp(PodPort, PeerPort).ToArray(), ShortestIPv6, 14 + 40 + 8),
        ["VLAN"] = (
            Packet.Ethernet().Vlan(1).IPv4(Pod, Peer).Tcp(PodPort, PeerPort).Syn().ToArray(), ShortestTagged, 18 + 20 + 20),
        ["QinQ"] = (
            Packet.Ethernet().Vlan(1, 0x88a8).Vlan(2).IPv6(Pod6, Peer6).Udp(PodPort, PeerPort).ToArray(), ShortestTagged, 22 + 40 + 8),
        ["extension headers"] = (
            IPv6FromPod().HopByHop(1).Routing(2).DestinationOptions().Authentication().Tcp(PodPort, PeerPort).Syn().ToArray(),
            ShortestIPv6,
            14 + 40 + 16 + 24 + 8 + 24 + 20),
        ["IPv6 fragment"] = (IPv6FromPod().Fragment(1, 0, more: true).Udp(PodPort, PeerPort).ToArray(), ShortestIPv6, 14 + 40 + 8 + 8),
        ["ICMP"] = (
            IPv4FromPod().Icmp(3, 3, Packet.Inner().IPv4(Peer, Pod).Udp(PeerPort, PodPort)).ToArray(),
            ShortestIPv4,
            14 + 20 + 8 + 20 + 4),
        ["ICMPv6"] = (
            IPv6FromPod().IcmpV6(1, 3, Packet.Inner().IPv6(Peer6, Pod6).HopByHop().Tcp(PeerPort, PodPort)).ToArray(),
            ShortestIPv6,
            14 + 40 + 8 + 40 + 8 + 4),
    };

    public static TheoryData<string> Names => [.. Frames.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void At_each_length_that_is_too_short_it_is_malformed(string name)
    {
        (byte[] frame, int shortest, int enough) = Frames[name];
        for (int length = shortest; length < enough; length++)
        {
            FromPod(frame.AsSpan(..length));
            Assert.True(Counted.MalformedPackets == (ulong)(length - shortest + 1), $"cut at {length}: not counted as malformed");
        }

        AssertOnlyCounted(malformed: (ulong)(enough - shortest));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void At_the_first_length_that_suffices_it_is_read(string name)
    {
        (byte[] frame, _, int enough) = Frames[name];
        FromPod(frame.AsSpan(..enough));

        Assert.Single(Moments);
        Assert.Equal(0UL, Counted.MalformedPackets);
    }
}
