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

    [Fact]
    public void What_is_known_can_be_repeated_with_its_first_and_last_time_before_new_answers()
    {
        Assert.Equal(1, CountReported(() => Observe("a.example.com", at: 5)));
        Assert.Equal(1, CountReported(() => Observe("a.example.com", at: 5 + Resolutions.RepeatInterval)));
        Assert.Equal(1, CountReported(() => Observe("b.example.com", at: 7, pod: "10.244.0.3")));
        _resolutions.Repeat();
        _resolutions.Repeat();
        Observe("c.example.com", at: 9, pod: "10.244.0.4");
        Assert.True(_resolutions.HasMore);
        Assert.Equal(
            [("a.example.com", 5), ("a.example.com", 5 + Resolutions.RepeatInterval), ("b.example.com", 7), ("c.example.com", 9)],
            Take().Select(reported => (reported.Name, reported.TimeUnixNs - Boot)));
        Assert.False(_resolutions.HasMore);
    }

    [Fact]
    public void A_repeated_answer_has_the_addresses_of_all_answers_to_its_question()
    {
        Observe("a.example.com", at: 1, address: 7);
        Observe("a.example.com", at: 2, address: 8);
        Take();
        _resolutions.Repeat();
        Assert.Equal([8, 7], Take()[1].Addresses.Select(address => address[3]));
    }

    [Fact]
    public void A_pod_with_very_many_names_loses_its_own_only()
    {
        KnownAnswers known = new(capacity: 20, maxPerPod: 10);
        Address crawler = Address.From(IPAddress.Parse("10.244.0.9"));
        Address Quiet(int n) => Address.From(IPAddress.Parse($"10.244.0.{n}"));
        known.Add(new Answer(Quiet(1), "api", [], 1));
        for (int i = 0; i < 1000; i++)
            known.Add(new Answer(crawler, $"name-{i}", [], i));
        Assert.Equal(["api", .. Enumerable.Range(990, 10).Select(i => $"name-{i}")], known.All().Select(answer => answer.Name));
        for (int i = 10; i < 25; i++)
            known.Add(new Answer(Quiet(i), "late", [], 2000));
        Assert.Equal((20, "api"), (known.All().Count(), known.All().First().Name));
        Assert.Equal(4, known.All().Count(answer => answer.Pod == crawler));
    }

    private List<Resolution> Take()
    {
        List<Resolution> all = [];
        while (_resolutions.TryTake(Boot, out Resolution? resolution))
            all.Add(resolution!);
        return all;
    }

    private int CountReported(Action action)
    {
        action();
        int count = 0;
        while (_resolutions.TryTake(Boot, out _))
            count++;
        return count;
    }

    private void Observe(string name, long at, string pod = "10.244.0.2", byte address = 7)
    {
        byte[] message = DnsMessageTests.Message(name, (1, [203, 0, 113, address]));
        DnsAnswer answer = new()
        {
            Kind = RecordKind.Answer,
            Length = (ushort)message.Length,
            Time = at,
            Pod = Address.From(IPAddress.Parse(pod)),
        };
        message.CopyTo((Span<byte>)answer.Message);
        _resolutions.OnAnswer(in answer);
    }
}
