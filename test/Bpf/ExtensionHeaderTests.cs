using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Extension headers (RFC 8200 4) and IPv4 options.</summary>
public sealed class ExtensionHeaderTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    public static TheoryData<string> Chains =>
    [
        "", "H", "H3", "R", "R2", "D", "D5", "A", "A10", "HD", "HDR", "HDRA", "HDRAD", "HRDADD", "D31", "HHHHHH",
    ];

    [Theory]
    [MemberData(nameof(Chains))]
    public void Headers_before_the_payload_are_skipped(string chain)
    {
        FromPod(Extended(chain).Tcp(PodPort, PeerPort).Syn().Sequence(9));
        FromPod(Extended(chain).Udp(PodPort, PeerPort));

        Assert.All(Flows, flow => Assert.Equal(Key6(), flow.Key));
        Assert.Equal([TransportProtocol.Tcp, TransportProtocol.Udp], Flows.Select(flow => flow.Protocol).Order());
        Assert.Equal([9u, 0u], Moments.Select(moment => moment.TcpSequence));
    }

    [Fact]
    public void Seven_headers_are_counted_as_other()
    {
        FromPod(Extended("HHHHHHH").Tcp(PodPort, PeerPort).Syn());
        AssertOnlyCounted(other: 1);
    }

    [Fact]
    public void A_header_that_extends_beyond_the_packet_is_malformed()
    {
        Packet packet = IPv6FromPod().HopByHop().Udp(PodPort, PeerPort);
        byte[] frame = packet.ToArray();
        frame[14 + 40 + 1] = 200;
        FromPod(frame);
        AssertOnlyCounted(malformed: 1);
    }

    [Fact]
    public void An_endless_chain_of_headers_is_counted_as_other()
    {
        byte[] frame = IPv6FromPod().HopByHop(10).Payload(2000).ToArray();
        frame.AsSpan(54).Clear(); // hop-by-hop of 8 bytes, then another, and so on
        FromPod(frame);
        AssertOnlyCounted(other: 1);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(59)]
    [InlineData(135)]
    public void Unknown_headers_are_counted_as_other(byte protocol)
    {
        FromPod(IPv6FromPod().Protocol(protocol));
        AssertOnlyCounted(other: 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(24)]
    [InlineData(40)]
    public void IPv4_options_are_skipped(int bytes)
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod, options: bytes).Tcp(PeerPort, PodPort).Syn().Sequence(9));
        Assert.Equal((Key(), 40UL + (ulong)bytes), (Flow.Key, Flow.BytesToPod));
        Assert.Equal(9u, Assert.Single(Moments).TcpSequence);
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(15, 4)]
    [InlineData(5, 0)]
    [InlineData(5, 5)]
    [InlineData(5, 6)]
    [InlineData(5, 15)]
    public void An_invalid_IPv4_header_is_malformed(int words, int version)
    {
        FromPod(Packet.Ethernet().IPv4(Pod, Peer, headerWords: words, version: version).Udp(PodPort, PeerPort).Payload(20));
        AssertOnlyCounted(malformed: 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(7)]
    public void An_IPv6_header_of_another_version_is_malformed(int version)
    {
        FromPod(Packet.Ethernet().IPv6(Pod6, Peer6, version).Udp(PodPort, PeerPort));
        AssertOnlyCounted(malformed: 1);
    }

    private static Packet Extended(string chain)
    {
        Packet packet = IPv6FromPod();
        for (int i = 0; i < chain.Length; i++)
        {
            int from = i + 1, to = from;
            while (to < chain.Length && char.IsDigit(chain[to]))
                to++;
            int length = to > from ? int.Parse(chain[from..to]) : 0;
            packet = chain[i] switch
            {
                'H' => packet.HopByHop(length),
                'R' => packet.Routing(length),
                'D' => packet.DestinationOptions(length),
                _ => packet.Authentication(Math.Max(length, 4)),
            };
            i = to - 1;
        }

        return packet;
    }
}
