using System.Net;
using System.Text;
using CsCheck;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Connections;

public class DnsMessageTests
{
    private const int A = 1, Cname = 5, Txt = 16, Aaaa = 28;

    [Fact]
    public void Addresses_of_both_families_are_read_and_other_records_are_skipped() => Assert.Equal(
        "api.example.com: 203.0.113.7 2001:db8::7",
        Read(Message(
            "api.example.com",
            (Txt, [3, 1, 2, 3]), (A, [203, 0, 113, 7]), (Aaaa, IPAddress.Parse("2001:db8::7").GetAddressBytes()))));

    [Fact]
    public void With_aliases_the_name_is_that_of_the_question() => Assert.Equal(
        "www.example.com: 203.0.113.7",
        Read(Message("www.example.com", (Cname, [3, (byte)'a', (byte)'p', (byte)'i', 0xc0, 12]), (A, [203, 0, 113, 7]))));

    [Theory]
    [InlineData("WWW.Example.com", "www.example.com")]
    [InlineData("_http._tcp.x-1.example", "_http._tcp.x-1.example")]
    [InlineData("a\u001b[31m.example", "a\\027\\091\u0033\u0031m.example")]
    [InlineData("a b\"c.example", "a\\032b\\034c.example")]
    public void A_name_is_safe_to_print(string name, string printed) =>
        Assert.Equal($"{printed}: 203.0.113.7", Read(Message(name, (A, [203, 0, 113, 7]))));

    [Fact]
    public void Complete_records_of_a_truncated_message_are_read()
    {
        byte[] whole = Message("api.example.com", (A, [203, 0, 113, 7]), (A, [203, 0, 113, 8]));
        Assert.Equal("api.example.com: 203.0.113.7", Read(whole[..^1]));
        Assert.Equal("", Read(whole[..^17]));
    }

    [Fact]
    public void Names_that_point_forwards_or_at_themselves_are_rejected()
    {
        byte[] message = Message("x", (A, [203, 0, 113, 7]));
        foreach (byte target in (byte[])[12, 14, 40])
        {
            (message[12], message[13]) = (0xc0, target);
            Assert.Equal("", Read(message));
        }
    }

    [Fact]
    public void A_name_that_is_too_long_is_rejected() =>
        Assert.Equal("", Read(Message(string.Join('.', Enumerable.Repeat(new string('a', 63), 5)), (A, [203, 0, 113, 7]))));

    /// <summary>No message causes an exception or a write beyond the buffers.</summary>
    [Fact]
    public void Random_messages_are_read_safely()
    {
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 200], Gen.Byte).Sample((noise, at, value) =>
        {
            Read(noise);
            byte[] message = Message("api.example.com", (Cname, [3, (byte)'a', (byte)'p', (byte)'i', 0xc0, 12]), (A, [203, 0, 113, 7]));
            message[at % message.Length] = value;
            Read(message);
        });
    }

    private static string Read(byte[] message)
    {
        Span<char> name = stackalloc char[DnsMessage.MaxNameLength];
        Span<Address> addresses = stackalloc Address[4];
        (int length, int count) = new DnsMessage(message).Read(name, addresses);
        return count == 0 ? "" : $"{name[..length]}: {string.Join(' ', addresses[..count].ToArray())}";
    }

    /// <summary>A response whose records all have the name of the question.</summary>
    internal static byte[] Message(string name, params (int Type, byte[] Data)[] records)
    {
        List<byte> message = [0, 1, 0x81, 0x80, 0, 1, 0, (byte)records.Length, 0, 0, 0, 0];
        foreach (string label in name.Split('.'))
            message.AddRange([(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]);
        message.AddRange([0, 0, A, 0, 1]);
        foreach ((int type, byte[] data) in records)
            message.AddRange([0xc0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length, .. data]);
        return [.. message];
    }
}
