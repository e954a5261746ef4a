using System.Net;
using System.Net.Sockets;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Agent.Tests.Uplink;

public class OutageTests
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_relay_that_is_not_there_is_told_once_with_the_reason()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        Uri relay = AddressOf(port);
        port.Stop();

        await using var agent = new RunningUplink(relay);
        await agent.LoggedAsync(1);
        Assert.Equal($"Warning: relay {relay.Authority} is away: connection refused; trying again", Assert.Single(agent.Logged));
        Assert.False(agent.Uplink.Connected);
    }

    [Fact]
    public async Task One_outage_is_one_warning_however_many_tries_and_one_word_when_it_is_over()
    {
        using var closer = new TcpListener(IPAddress.Loopback, 0);
        closer.Start();
        Uri address = AddressOf(closer);
        await using var agent = new RunningUplink(address);
        for (int tries = 0; tries < 4; tries++)
            (await closer.AcceptSocketAsync()).Close();
        closer.Stop();

        await using FakeRelay relay = await FakeRelay.StartAsync(address.Port);
        await agent.WriteAsync(3);
        await relay.HearAsync(4);
        await agent.LoggedAsync(2);

        Assert.True(agent.Uplink.Connected);
        Assert.Collection(
            agent.Logged,
            // How far HTTP/2 had come when it was closed decides what the runtime calls it.
            line => Assert.Matches($"^Warning: relay {address.Authority} is away: .+; trying again$", line),
            line => Assert.StartsWith($"Information: connected to {address.Authority} again, after ", line));
    }

    [Fact]
    public async Task The_first_connection_is_told_without_an_outage()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(1);
        await agent.LoggedAsync(1);
        Assert.True(agent.Uplink.Connected);
        Assert.Equal($"Information: connected to {relay.Address.Authority}", Assert.Single(agent.Logged));
    }

    [Fact]
    public async Task A_relay_that_refuses_the_stream_is_away_and_its_word_is_the_reason()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Refusal = new Status(StatusCode.InvalidArgument, "expected another version");
        await using var agent = new RunningUplink(relay.Address);
        await agent.LoggedAsync(1);
        Assert.Equal(
            $"Warning: relay {relay.Address.Authority} is away: InvalidArgument: expected another version; trying again",
            Assert.Single(agent.Logged));
        Assert.False(agent.Uplink.Connected);
    }

    [Fact]
    public async Task A_relay_that_acknowledges_nothing_is_left_and_tried_anew()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = _ => FakeRelayReply.Keep;
        await using var agent = new RunningUplink(relay.Address, hastyTimes: 10);
        await agent.WriteAsync(1);

        Batch first = (await relay.HearAsync(2))[1].Message.Batch;
        ReceivedMessage again = (await relay.HearAsync(2))[1];
        Assert.Equal((2, first.Sequence), (again.Stream, again.Message.Batch.Sequence));
        Assert.True(again.Message.Batch.SentUnixNs > first.SentUnixNs);
        Assert.Contains(agent.Logged, line => line.EndsWith("is away: no acknowledgement for 15 s; trying again"));
    }

    [Fact]
    public async Task What_is_in_the_channel_is_delivered_before_a_stop()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = batch => batch.Sequence == 1 ? FakeRelayReply.Acknowledge : FakeRelayReply.Keep;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(1);
        await agent.LoggedAsync(1);

        // As the agent does: the producer sees the stop, writes its last and completes.
        agent.Stop();
        await agent.WriteAsync(3);
        agent.Complete();
        Assert.Equal(4UL, (await relay.HearAsync(5))[4].Message.Batch.Sequence);
        Assert.False(agent.Running.IsCompleted);

        await relay.AcknowledgeAsync(4);
        await relay.EndedInGoodOrder.WaitAsync(Prompt);
        await agent.Running.WaitAsync(Prompt);
        Assert.Equal(4, agent.Uplink.BatchesAcknowledged);
    }

    [Fact]
    public async Task A_stop_does_not_wait_longer_than_two_seconds_for_the_relay()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = batch => batch.Sequence == 1 ? FakeRelayReply.Acknowledge : FakeRelayReply.Keep;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(2);
        await agent.LoggedAsync(1);

        long stopped = TimeProvider.System.GetTimestamp();
        agent.Stop();
        await agent.Running.WaitAsync(TimeSpan.FromSeconds(4));
        Assert.InRange(TimeProvider.System.GetElapsedTime(stopped), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_stop_while_a_try_hangs_ends_at_once()
    {
        // Where the backlog is full, Linux drops the next SYN: nobody answers.
        using var hole = new TcpListener(IPAddress.Loopback, 0);
        hole.Start(backlog: 0);
        using var inBacklog = new TcpClient();
        await inBacklog.ConnectAsync((IPEndPoint)hole.LocalEndpoint);

        await using var agent = new RunningUplink(AddressOf(hole));
        await agent.WriteAsync(4);
        await Task.Delay(100);
        agent.Stop();
        await agent.Running.WaitAsync(Prompt);
        Assert.Empty(agent.Logged);
    }

    [Fact]
    public async Task A_stop_while_the_relay_has_not_answered_ends_at_once()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var agent = new RunningUplink(AddressOf(mute));
        using Socket accepted = await mute.AcceptSocketAsync();

        agent.Stop();
        await agent.Running.WaitAsync(Prompt);
        Assert.False(agent.Uplink.Connected);
    }

    private static Uri AddressOf(TcpListener listener) => new($"http://{listener.LocalEndpoint}");
}
