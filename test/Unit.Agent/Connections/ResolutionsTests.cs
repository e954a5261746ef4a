using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class ResolutionsTests
{
    private const long Boot = 1_000;
    private readonly Resolutions _resolutions = new(capacity: 2);

    [Fact]
    public void An_answer_is_reported_with_its_time()
    {
        Observe("api.example.com", at: 5);
        Assert.True(_resolutions.TryTake(Boot, out Resolution? reported));
        Assert.Equal(("api.example.com", 1_005), (reported!.Name, reported.TimeUnixNs));
        Assert.Equal((byte[])[10, 244, 0, 2], reported.ClientAddress.ToByteArray());
        Assert.Equal((byte[])[203, 0, 113, 7], Assert.Single(reported.Addresses).ToByteArray());
        Assert.False(_resolutions.HasMore);
    }

    [Fact]
    public void The_same_answer_is_reported_again_after_a_minute()
    {
        Assert.Equal(1, CountReported(() => Observe("api.example.com", at: 0)));
        Assert.Equal(0, CountReported(() => Observe("api.example.com", at: Resolutions.RepeatInterval - 1)));
        Assert.Equal(1, CountReported(() => Observe("api.example.com", at: Resolutions.RepeatInterval)));
    }

    [Fact]
    public void An_answer_is_reported_whenever_an_address_changes_its_name()
    {
        Assert.Equal(1, CountReported(() => Observe("a.example.com", at: 0)));
        Assert.Equal(1, CountReported(() => Observe("b.example.com", at: 1)));
        Assert.Equal(1, CountReported(() => Observe("a.example.com", at: 2)));
    }

    [Fact]
    public void Answers_beyond_the_capacity_are_counted_as_lost()
    {
        Observe("a.example.com", at: 0);
        Observe("b.example.com", at: 0);
        Observe("c.example.com", at: 0);
        Assert.Equal(1UL, _resolutions.Lost);
        Assert.Equal(2, CountReported(() => { }));
    }

    private int CountReported(Action action)
    {
        action();
        int count = 0;
        while (_resolutions.TryTake(Boot, out _))
            count++;
        return count;
    }

    private void Observe(string name, long at)
    {
        byte[] message = DnsMessageTests.Message(name, (1, [203, 0, 113, 7]));
        DnsAnswer answer = new()
        {
            Kind = RecordKind.Answer,
            Length = (ushort)message.Length,
            Time = at,
            Pod = Address.From(IPAddress.Parse("10.244.0.2")),
        };
        message.CopyTo((Span<byte>)answer.Message);
        _resolutions.OnAnswer(in answer);
    }
}
