namespace Depmap.Bpf.Tests;

/// <summary>A truncated frame is counted as malformed, wherever it ends.</summary>
public sealed class CutPacketTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    /// <summary>
    /// BPF_PROG_TEST_RUN rejects shorter frames: the IP header must be complete if the Ethernet header announces it, but not
    /// after a VLAN tag.
    /// </summary>
    private const int MinIPv4Length = 14 + 20, MinIPv6Length = 14 + 40, MinTaggedLength = 15;

    /// <summary>By name: the frame, the shortest length to test, and the shortest sufficient length.</summary>
    private static readonly Dictionary<string, (byte[] Frame, int Shortest, int Enough)> Frames = new()
    {
        ["TCP"] = (TcpFromPod().Syn().ToArray(), MinIPv4Length, 14 + 20 + 20),
        ["UDP"] = (UdpFromPod().ToArray(), MinIPv4Length, 14 + 20 + 8),
        ["IPv4 options"] = (
            Packet.Ethernet().IPv4(Pod, Peer, options: 40).Tcp(PodPort, PeerPort).Syn().ToArray(), MinIPv4Length, 14 + 60 + 20),
        ["IPv6 TCP"] = (IPv6FromPod().Tcp(PodPort, PeerPort).Syn().ToArray(), MinIPv6Length, 14 + 40 + 20),
        ["IPv6 UDP"] = (IPv6FromPod().Udp(PodPort, PeerPort).ToArray(), MinIPv6Length, 14 + 40 + 8),
        ["VLAN"] = (
            Packet.Ethernet().Vlan(1).IPv4(Pod, Peer).Tcp(PodPort, PeerPort).Syn().ToArray(), MinTaggedLength, 18 + 20 + 20),
        ["QinQ"] = (
            Packet.Ethernet().Vlan(1, 0x88a8).Vlan(2).IPv6(Pod6, Peer6).Udp(PodPort, PeerPort).ToArray(), MinTaggedLength, 22 + 40 + 8),
        ["extension headers"] = (
            IPv6FromPod().HopByHop(1).Routing(2).DestinationOptions().Authentication().Tcp(PodPort, PeerPort).Syn().ToArray(),
            MinIPv6Length,
            14 + 40 + 16 + 24 + 8 + 24 + 20),
        ["IPv6 fragment"] = (IPv6FromPod().Fragment(1, 0, more: true).Udp(PodPort, PeerPort).ToArray(), MinIPv6Length, 14 + 40 + 8 + 8),
        ["ICMP"] = (
            IPv4FromPod().Icmp(3, 3, Packet.Inner().IPv4(Peer, Pod).Udp(PeerPort, PodPort)).ToArray(),
            MinIPv4Length,
            14 + 20 + 8 + 20 + 4),
        ["ICMPv6"] = (
            IPv6FromPod().IcmpV6(1, 3, Packet.Inner().IPv6(Peer6, Pod6).HopByHop().Tcp(PeerPort, PodPort)).ToArray(),
            MinIPv6Length,
            14 + 40 + 8 + 40 + 8 + 4),
    };

    public static TheoryData<string> Names => [.. Frames.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void At_each_insufficient_length_a_frame_is_malformed(string name)
    {
        (byte[] frame, int shortest, int enough) = Frames[name];
        for (int length = shortest; length < enough; length++)
        {
            FromPod(frame.AsSpan(..length));
            Assert.True(Counted.MalformedPackets == (ulong)(length - shortest + 1), $"truncated at {length}: not counted as malformed");
        }

        AssertOnlyCounted(malformed: (ulong)(enough - shortest));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void At_the_shortest_sufficient_length_a_frame_is_read(string name)
    {
        (byte[] frame, _, int enough) = Frames[name];
        FromPod(frame.AsSpan(..enough));

        Assert.Single(Moments);
        Assert.Equal(0UL, Counted.MalformedPackets);
    }
}
