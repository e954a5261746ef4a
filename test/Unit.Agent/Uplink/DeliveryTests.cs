using Depmap.Agent.Uplink;
using Depmap.V1;

namespace Depmap.Agent.Tests.Uplink;

public class DeliveryTests
{
    [Fact]
    public async Task Hello_comes_first_and_batches_follow_in_order()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(50);

        Assert.Equal("node-a", (await relay.ReceiveAsync()).Message.Hello.Node);
        ReceivedMessage[] received = await relay.ReceiveAsync(50);
        Assert.Equal(Numbers(1, 50), received.Select(h => h.Message.Batch.Sequence));
        Assert.All(received, h => Assert.Equal(1, h.Stream));
    }

    [Fact]
    public async Task Each_batch_carries_the_time_it_was_sent_at()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await using var agent = new RunningUplink(relay.Address);
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await agent.WriteAsync(1);

        long sent = (await relay.ReceiveAsync(2))[1].Message.Batch.SentUnixNs;
        Assert.InRange(sent / 1_000_000, before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task No_more_than_the_window_is_sent_unacknowledged()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = _ => FakeRelayReply.Ignore;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(RelayUplink.WindowSize + 4);

        await relay.ReceiveAsync(1 + RelayUplink.WindowSize);
        Assert.True(await relay.ReceivesNothingAsync());
        Assert.Equal(4, agent.Waiting);

        await relay.AcknowledgeAsync(2);
        Assert.Equal(Numbers(17, 18), (await relay.ReceiveAsync(2)).Select(h => h.Message.Batch.Sequence));
        Assert.True(await relay.ReceivesNothingAsync());
        Assert.Equal(2, agent.Uplink.BatchesAcknowledged);
        Assert.Equal(18, agent.Uplink.BatchesSent);
    }

    [Fact]
    public async Task After_a_disconnect_the_hello_and_unacknowledged_batches_are_sent_again()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        var replies = new Queue<FakeRelayReply>(
            [FakeRelayReply.Acknowledge, FakeRelayReply.Ignore, FakeRelayReply.Ignore, FakeRelayReply.Ignore, FakeRelayReply.AbortFirst]);
        relay.OnBatch = _ => replies.TryDequeue(out FakeRelayReply reply) ? reply : FakeRelayReply.Acknowledge;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(1);
        await relay.ReceiveAsync(2);
        while (agent.Uplink.BatchesAcknowledged == 0)
            await Task.Yield();
        await agent.WriteAsync(4);
        await relay.ReceiveAsync(4);

        ReceivedMessage[] again = await relay.ReceiveAsync(5);
        Assert.All(again, h => Assert.Equal(2, h.Stream));
        Assert.Equal("node-a", again[0].Message.Hello.Node);
        Assert.Equal(Numbers(2, 5), again[1..].Select(h => h.Message.Batch.Sequence));
    }

    [Fact]
    public async Task The_addresses_of_the_node_are_in_the_first_batch_of_each_stream_and_after_a_change()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        var replies = new Queue<FakeRelayReply>(
            [FakeRelayReply.Acknowledge, FakeRelayReply.Acknowledge, FakeRelayReply.Acknowledge, FakeRelayReply.AbortFirst]);
        relay.OnBatch = _ => replies.TryDequeue(out FakeRelayReply reply) ? reply : FakeRelayReply.Acknowledge;
        InterfaceAddresses first = new(), second = new() { Addresses = { Google.Protobuf.ByteString.CopyFrom(10, 0, 0, 1) } };
        await using var agent = new RunningUplink(relay.Address) { Addresses = first };
        await relay.ReceiveAsync();
        foreach (InterfaceAddresses? expected in new[] { first, null, second })
        {
            agent.Addresses = expected ?? first;
            await agent.WriteAsync(1);
            Assert.Equal(expected, (await relay.ReceiveAsync()).Message.Batch.InterfaceAddresses);
        }

        await agent.WriteAsync(1);
        Assert.Null((await relay.ReceiveAsync()).Message.Batch.InterfaceAddresses);
        ReceivedMessage[] again = await relay.ReceiveAsync(2);
        Assert.Equal((2, second), (again[1].Stream, again[1].Message.Batch.InterfaceAddresses));
        Assert.Equal(2, agent.Uplink.Streams);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_batch_is_lost_or_out_of_order_over_twenty_random_disconnects(int seed)
    {
        const int total = 400;
        await using FakeRelay relay = await FakeRelay.StartAsync();
        var random = new Random(seed);
        int disconnects = 0;
        relay.OnBatch = _ => random.Next(12) switch
        {
            0 when disconnects < 20 => Disconnect(FakeRelayReply.AbortFirst),
            1 when disconnects < 20 => Disconnect(FakeRelayReply.AcknowledgeThenAbort),
            _ => FakeRelayReply.Acknowledge,
        };
        await using var agent = new RunningUplink(relay.Address, speedup: 20);
        Task written = agent.WriteAsync(total);

        ulong held = 0;
        ulong last = 0;
        int stream = 0;
        while (held < total)
        {
            ReceivedMessage received = await relay.ReceiveAsync();
            if (received.Message.Hello is not null)
            {
                // A stream may time out before its first message: time runs fast.
                Assert.True(received.Stream > stream, $"{received.Stream} after {stream}");
                (stream, last) = (received.Stream, 0);
                continue;
            }

            ulong sequence = received.Message.Batch.Sequence;
            // Without a gap on one stream; the next stream starts no later than where the previous one ended.
            Assert.True(last == 0 ? sequence <= held + 1 : sequence == last + 1, $"{sequence} after {last}, {held} held");
            last = sequence;
            held = Math.Max(held, sequence);
        }

        await written;
        Assert.Equal(20, disconnects);
        // There may be more: time runs fast, and an acknowledgement may time out.
        Assert.True(stream > disconnects);

        FakeRelayReply Disconnect(FakeRelayReply how)
        {
            disconnects++;
            return how;
        }
    }

    private static IEnumerable<ulong> Numbers(int first, int last) => Enumerable.Range(first, last - first + 1).Select(n => (ulong)n);
}
