using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>DNS answers to a pod are reported with their message; no other payload is read.</summary>
public sealed class AnswerTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const int Dns = 53;

    /// <summary>By default a response without an error, with one question and one record; the rest is arbitrary.</summary>
    private static byte[] Message(int length = 50, byte flags = 0x81, byte code = 0x80, byte records = 1)
    {
        byte[] message = new byte[length];
        for (int i = 12; i < length; i++)
            message[i] = (byte)i;
        (message[2], message[3], message[5], message[7]) = (flags, code, 1, records);
        return message;
    }

    [Fact]
    public void An_answer_over_UDP_is_reported_whole()
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Udp(Dns, PodPort).Payload(Message()));
        (DnsAnswer answer, byte[] message) = Assert.Single(Answers);
        Assert.Equal(Key().Pod, answer.Pod);
        Assert.Equal(Message(), message);
        Assert.NotEqual(0, answer.Time);
        Assert.Equal(1u, Flow.PacketsToPod); // and counted, like any packet
    }

    [Fact]
    public void An_answer_over_IPv6_is_reported()
    {
        ToPod(Packet.Ethernet().IPv6(Peer6, Pod6).Udp(Dns, PodPort).Payload(Message()));
        Assert.Equal(Key6().Pod, Assert.Single(Answers).Answer.Pod);
    }

    [Fact]
    public void Over_TCP_the_length_before_the_message_is_skipped()
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Tcp(Dns, PodPort, options: 12).Ack().Payload([0, 50, .. Message()]));
        Assert.Equal(Message(), Assert.Single(Answers).Message);
    }

    [Theory]
    [InlineData(13, 13)]
    [InlineData(1023, 1023)]
    [InlineData(1024, 1024)]
    [InlineData(1025, 1024)]
    [InlineData(1400, 1024)]
    public void A_long_answer_is_truncated(int length, int reported)
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Udp(Dns, PodPort).Payload(Message(length)));
        Assert.Equal(Message(length)[..reported], Assert.Single(Answers).Message);
    }

    public static TheoryData<string, byte[]> NotAnswers => new()
    {
        { "a question", Message(flags: 0x01, code: 0, records: 0) },
        { "no such name", Message(code: 0x83) },
        { "no records", Message(records: 0) },
        { "only a header", Message(12) },
        { "less than a header", Message(12)[..5] },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(NotAnswers))]
    public void Messages_without_records_are_not_reported(string what, byte[] message)
    {
        Assert.NotEmpty(what);
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Udp(Dns, PodPort).Payload(message));
        Assert.Empty(Answers);
    }

    [Fact]
    public void Other_payload_is_never_read()
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Udp(PeerPort, PodPort).Payload(Message()));
        FromPod(Packet.Ethernet().IPv4(Pod, Peer).Udp(Dns, PeerPort).Payload(Message()));
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Udp(PeerPort, Dns).Payload(Message()));
        Assert.Empty(Answers);
    }
}
