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
    public void An_answer_is_told_with_its_time()
    {
        Tell("api.example.com", at: 5);
        Assert.True(_resolutions.TryTake(Boot, out Resolution? told));
        Assert.Equal(("api.example.com", 1_005), (told!.Name, told.TimeUnixNs));
        Assert.Equal((byte[])[10, 244, 0, 2], told.ClientAddress.ToByteArray());
        Assert.Equal((byte[])[203, 0, 113, 7], Assert.Single(told.Addresses).ToByteArray());
        Assert.False(_resolutions.HasMore);
    }

    [Fact]
    public void The_same_is_told_again_after_a_minute_and_not_before()
    {
        Assert.Equal(1, Told(() => Tell("api.example.com", at: 0)));
        Assert.Equal(0, Told(() => Tell("api.example.com", at: Resolutions.ToldAgain - 1)));
        Assert.Equal(1, Told(() => Tell("api.example.com", at: Resolutions.ToldAgain)));
    }

    [Fact]
    public void The_last_name_of_an_address_is_told_whenever_it_changes()
    {
        Assert.Equal(1, Told(() => Tell("a.example.com", at: 0)));
        Assert.Equal(1, Told(() => Tell("b.example.com", at: 1)));
        Assert.Equal(1, Told(() => Tell("a.example.com", at: 2)));
    }

    [Fact]
    public void What_there_is_no_room_for_is_counted()
    {
        Tell("a.example.com", at: 0);
        Tell("b.example.com", at: 0);
        Tell("c.example.com", at: 0);
        Assert.Equal(1UL, _resolutions.Lost);
        Assert.Equal(2, Told(() => { }));
    }

    private int Told(Action action)
    {
        action();
        int count = 0;
        while (_resolutions.TryTake(Boot, out _))
            count++;
        return count;
    }

    private void Tell(string name, long at)
    {
        byte[] message = DnsMessageTests.Message(name, (1, [203, 0, 113, 7]));
        DnsAnswer answer = new() { Kind = RecordKind.Answer, Length = (ushort)message.Length, Time = at, Pod = Address.From(IPAddress.Parse("10.244.0.2")) };
        message.CopyTo((Span<byte>)answer.Message);
        _resolutions.OnAnswer(in answer);
    }
}
