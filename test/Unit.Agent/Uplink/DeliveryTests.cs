using Depmap.Agent.Uplink;

namespace Depmap.Agent.Tests.Uplink;

public class DeliveryTests
{
    [Fact]
    public async Task Hello_comes_first_and_batches_follow_in_order()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(50);

        Assert.Equal("node-a", (await relay.HearAsync()).Message.Hello.Node);
        ReceivedMessage[] heard = await relay.HearAsync(50);
        Assert.Equal(Numbers(1, 50), heard.Select(h => h.Message.Batch.Sequence));
        Assert.All(heard, h => Assert.Equal(1, h.Stream));
    }

    [Fact]
    public async Task Each_batch_carries_the_time_it_was_sent_at()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await using var agent = new RunningUplink(relay.Address);
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await agent.WriteAsync(1);

        long sent = (await relay.HearAsync(2))[1].Message.Batch.SentUnixNs;
        Assert.InRange(sent / 1_000_000, before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task No_more_than_the_window_is_sent_unacknowledged()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = _ => FakeRelayReply.Keep;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(RelayUplink.WindowSize + 4);

        await relay.HearAsync(1 + RelayUplink.WindowSize);
        Assert.True(await relay.HearsNothingAsync());
        Assert.Equal(4, agent.Waiting);

        await relay.AcknowledgeAsync(2);
        Assert.Equal(Numbers(17, 18), (await relay.HearAsync(2)).Select(h => h.Message.Batch.Sequence));
        Assert.True(await relay.HearsNothingAsync());
        Assert.Equal(2, agent.Uplink.BatchesAcknowledged);
        Assert.Equal(18, agent.Uplink.BatchesSent);
    }

    [Fact]
    public async Task After_a_cut_hello_and_what_was_not_acknowledged_are_sent_again()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        var answers = new Queue<FakeRelayReply>([FakeRelayReply.Acknowledge, FakeRelayReply.Keep, FakeRelayReply.Keep, FakeRelayReply.Keep, FakeRelayReply.CutFirst]);
        relay.OnBatch = _ => answers.TryDequeue(out FakeRelayReply answer) ? answer : FakeRelayReply.Acknowledge;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(1);
        await relay.HearAsync(2);
        while (agent.Uplink.BatchesAcknowledged == 0)
            await Task.Yield();
        await agent.WriteAsync(4);
        await relay.HearAsync(4);

        ReceivedMessage[] again = await relay.HearAsync(5);
        Assert.All(again, h => Assert.Equal(2, h.Stream));
        Assert.Equal("node-a", again[0].Message.Hello.Node);
        Assert.Equal(Numbers(2, 5), again[1..].Select(h => h.Message.Batch.Sequence));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Nothing_is_lost_or_out_of_order_over_twenty_random_cuts(int seed)
    {
        const int total = 400;
        await using FakeRelay relay = await FakeRelay.StartAsync();
        var random = new Random(seed);
        int cuts = 0;
        relay.OnBatch = _ => random.Next(12) switch
        {
            0 when cuts < 20 => Cut(FakeRelayReply.CutFirst),
            1 when cuts < 20 => Cut(FakeRelayReply.AcknowledgeThenCut),
            _ => FakeRelayReply.Acknowledge,
        };
        await using var agent = new RunningUplink(relay.Address, hastyTimes: 20);
        Task written = agent.WriteAsync(total);

        ulong held = 0;
        ulong last = 0;
        int stream = 0;
        while (held < total)
        {
            ReceivedMessage heard = await relay.HearAsync();
            if (heard.Message.Hello is not null)
            {
                Assert.Equal(++stream, heard.Stream);
                last = 0;
                continue;
            }

            ulong sequence = heard.Message.Batch.Sequence;
            // On one stream without a gap; on the next no later than where the one before broke off.
            Assert.True(last == 0 ? sequence <= held + 1 : sequence == last + 1, $"{sequence} after {last}, {held} held");
            last = sequence;
            held = Math.Max(held, sequence);
        }

        await written;
        Assert.Equal(20, cuts);
        // Or more: time runs fast, and an acknowledgement may be overdue.
        Assert.True(stream > cuts);

        FakeRelayReply Cut(FakeRelayReply how)
        {
            cuts++;
            return how;
        }
    }

    private static IEnumerable<ulong> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => (ulong)n);
}
