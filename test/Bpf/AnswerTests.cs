using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>DNS answers to a pod are reported with what they say; nothing else of any payload is.</summary>
public sealed class AnswerTests(LoadedPrograms loaded) : PacketTest(loaded)
{
    private const int Dns = 53;

    /// <summary>A header that says: an answer, no error, one question, one record. What follows is any.</summary>
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
        Assert.Equal(1u, Flow.PacketsToPod); // and counted, as any packet
    }

    [Fact]
    public void An_answer_over_IPv6_is_reported()
    {
        ToPod(Packet.Ethernet().IPv6(Peer6, Pod6).Udp(Dns, PodPort).Payload(Message()));
        Assert.Equal(Key6().Pod, Assert.Single(Answers).Answer.Pod);
    }

    [Fact]
    public void Over_TCP_the_length_before_it_is_left_out()
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
    public void A_long_one_is_reported_as_far_as_there_is_room(int length, int reported)
    {
        ToPod(Packet.Ethernet().IPv4(Peer, Pod).Udp(Dns, PodPort).Payload(Message(length)));
        Assert.Equal(Message(length)[..reported], Assert.Single(Answers).Message);
    }

    public static TheoryData<string, byte[]> NoAnswers => new()
    {
        { "a question", Message(flags: 0x01, code: 0, records: 0) },
        { "no such name", Message(code: 0x83) },
        { "no records", Message(records: 0) },
        { "only a header", Message(12) },
        { "less than a header", Message(12)[..5] },
        { "nothing", [] },
    };

    [Theory]
    [MemberData(nameof(NoAnswers))]
    public void What_names_no_address_is_not_reported(string what, byte[] message)
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
