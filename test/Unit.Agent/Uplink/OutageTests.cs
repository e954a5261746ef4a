using System.Net;
using System.Net.Sockets;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Agent.Tests.Uplink;

public class OutageTests
{
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_relay_that_cannot_be_reached_is_logged_once_with_the_reason()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        Uri relay = AddressOf(port);
        port.Stop();

        await using var agent = new RunningUplink(relay);
        await agent.LoggedAsync(1);
        Assert.Equal($"Warning: cannot reach relay {relay.Authority}: connection refused; retrying", Assert.Single(agent.Logged));
        Assert.False(agent.Uplink.Connected);
    }

    [Fact]
    public async Task An_outage_is_logged_once_when_it_begins_and_once_when_it_ends()
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
        await relay.ReceiveAsync(4);
        await agent.LoggedAsync(2);

        Assert.True(agent.Uplink.Connected);
        Assert.Collection(
            agent.Logged,
            // The runtime's message depends on how far HTTP/2 had got when the connection was closed.
            line => Assert.Matches($"^Warning: cannot reach relay {address.Authority}: .+; retrying$", line),
            line => Assert.StartsWith($"Information: connected to {address.Authority} again after ", line));
    }

    [Fact]
    public async Task The_first_connection_is_logged_without_an_outage()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(1);
        await agent.LoggedAsync(1);
        Assert.True(agent.Uplink.Connected);
        Assert.Equal($"Information: connected to {relay.Address.Authority}", Assert.Single(agent.Logged));
    }

    [Fact]
    public async Task A_relay_that_rejects_the_stream_is_an_outage_with_its_status_as_the_reason()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Refusal = new Status(StatusCode.InvalidArgument, "expected another version");
        await using var agent = new RunningUplink(relay.Address);
        await agent.LoggedAsync(1);
        Assert.Equal(
            $"Warning: cannot reach relay {relay.Address.Authority}: InvalidArgument: expected another version; retrying",
            Assert.Single(agent.Logged));
        Assert.False(agent.Uplink.Connected);
    }

    [Fact]
    public async Task A_relay_that_acknowledges_nothing_is_disconnected_and_retried()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = _ => FakeRelayReply.Ignore;
        await using var agent = new RunningUplink(relay.Address, speedup: 10);
        await agent.WriteAsync(1);

        Batch first = (await relay.ReceiveAsync(2))[1].Message.Batch;
        ReceivedMessage again = (await relay.ReceiveAsync(2))[1];
        Assert.Equal((2, first.Sequence), (again.Stream, again.Message.Batch.Sequence));
        Assert.True(again.Message.Batch.SentUnixNs > first.SentUnixNs);
        Assert.Contains(agent.Logged, line => line.EndsWith(": no acknowledgement for 15 s; retrying"));
    }

    [Fact]
    public async Task Batches_in_the_channel_are_delivered_before_a_stop()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = batch => batch.Sequence == 1 ? FakeRelayReply.Acknowledge : FakeRelayReply.Ignore;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(1);
        await agent.LoggedAsync(1);

        // As in the agent: the producer sees the stop, writes its last batches and completes the channel.
        agent.Stop();
        await agent.WriteAsync(3);
        agent.Complete();
        Assert.Equal(4UL, (await relay.ReceiveAsync(5))[4].Message.Batch.Sequence);
        Assert.False(agent.Running.IsCompleted);

        await relay.AcknowledgeAsync(4);
        await relay.StreamCompleted.WaitAsync(ShortTimeout);
        await agent.Running.WaitAsync(ShortTimeout);
        Assert.Equal(4, agent.Uplink.BatchesAcknowledged);
    }

    [Fact]
    public async Task A_stop_does_not_wait_longer_than_two_seconds_for_the_relay()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.OnBatch = batch => batch.Sequence == 1 ? FakeRelayReply.Acknowledge : FakeRelayReply.Ignore;
        await using var agent = new RunningUplink(relay.Address);
        await agent.WriteAsync(2);
        await agent.LoggedAsync(1);

        long stopped = TimeProvider.System.GetTimestamp();
        agent.Stop();
        await agent.Running.WaitAsync(TimeSpan.FromSeconds(4));
        Assert.InRange(TimeProvider.System.GetElapsedTime(stopped), TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_stop_during_a_connection_attempt_takes_effect_at_once()
    {
        // If the backlog is full, Linux drops the next SYN, and there is no reply.
        using var hole = new TcpListener(IPAddress.Loopback, 0);
        hole.Start(backlog: 0);
        using var inBacklog = new TcpClient();
        await inBacklog.ConnectAsync((IPEndPoint)hole.LocalEndpoint);

        await using var agent = new RunningUplink(AddressOf(hole));
        await agent.WriteAsync(4);
        await Task.Delay(100);
        agent.Stop();
        await agent.Running.WaitAsync(ShortTimeout);
        Assert.Empty(agent.Logged);
    }

    [Fact]
    public async Task A_stop_before_the_relay_s_first_response_takes_effect_at_once()
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var agent = new RunningUplink(AddressOf(mute));
        using Socket accepted = await mute.AcceptSocketAsync();

        agent.Stop();
        await agent.Running.WaitAsync(ShortTimeout);
        Assert.False(agent.Uplink.Connected);
    }

    private static Uri AddressOf(TcpListener listener) => new($"http://{listener.LocalEndpoint}");
}
