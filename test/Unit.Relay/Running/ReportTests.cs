using Depmap.V1;
using Grpc.Core;
using static Depmap.Relay.Tests.Running.FakeAgent;

namespace Depmap.Relay.Tests.Running;

public class ReportTests
{
    [Fact]
    public async Task A_report_is_acknowledged_and_reaches_a_following_reader()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using AsyncServerStreamingCall<ObserveResponse> reader = relay.Queries.Observe(new ObserveRequest { Follow = true });
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        Assert.Equal(1UL, await agent.Send(1, null, CreateSighting(1, 4001)));
        Assert.True(await reader.ResponseStream.MoveNext(default));
        Flow flow = reader.ResponseStream.Current.Flow;
        Assert.Equal(
            (1UL, "web-5d8f-x2x", "Deployment/web", 4001U), (flow.Sequence, flow.Source.Pod, flow.Source.Workload, flow.Source.Port));
        Assert.Equal(("203.0.113.7", 443U, "node-a"), (flow.Destination.Ip, flow.Destination.Port, flow.Node));
    }

    [Fact]
    public async Task A_batch_sent_again_after_a_reconnect_is_acknowledged_and_counts_once()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using (var agent = new FakeAgent(relay))
        {
            await agent.Hello();
            await agent.Send(1, null, CreateSighting(1, 4001));
        }

        using var again = new FakeAgent(relay);
        await again.Hello();
        Assert.Equal(1UL, await again.Send(1, null, CreateSighting(1, 4001), CreateSighting(2, 4002)));
        Assert.Equal(2UL, await again.Send(2, null, CreateSighting(3, 4003)));
        Assert.Equal(2UL, Assert.Single((await relay.Queries.GetMapAsync(new MapRequest())).Edges).Forwarded);
    }

    [Fact]
    public async Task A_new_stream_of_the_same_agent_ends_the_older_one()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var older = new FakeAgent(relay);
        await older.Hello();
        await older.Send(1, null);
        using var newer = new FakeAgent(relay);
        await newer.Hello();
        await newer.Send(2, null);
        Assert.Equal(new Status(StatusCode.Aborted, "another stream of this agent took over"), await older.End());
        Assert.True(Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).Agents).Connected);
    }

    [Fact]
    public async Task A_restarted_agent_continues_the_flows_of_the_killed_one()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using (var killed = new FakeAgent(relay, epoch: 1))
        {
            await killed.Hello();
            await killed.Send(1, new Lost { Moments = 2 }, CreateSighting(1, 4001));
        }

        using var agent = new FakeAgent(relay, epoch: 2);
        await agent.Hello();
        Sighting resumed = CreateSighting(1, 4001);
        (resumed.HasInitialSequence, resumed.Guessed, resumed.BytesToServer) = (false, true, 50);
        await agent.Send(1, new Lost { Moments = 3 }, resumed);
        MapResponse map = await relay.Queries.GetMapAsync(new MapRequest());
        Assert.Equal((1UL, 50UL), (Assert.Single(map.Edges).Forwarded, map.Edges[0].BytesToServer));
        Assert.Equal(5UL, map.Lost.Agents.Moments);
        AgentStatus status = Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).Agents);
        Assert.Equal((2UL, true, 3UL, 3U), (status.Hello.Epoch, status.Connected, status.Lost.Moments, status.Interfaces));
    }

    [Fact]
    public async Task Status_has_an_agents_kernel_features_and_its_last_attachments()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        var features = new KernelFeatures { Drops = DropExplanation.ByPlace, SocketCgroups = true };
        await agent.Hello(features);
        agent.Attachments = new Attachments { Waiting = 1 };
        await agent.Send(1, null);
        agent.Attachments = new Attachments { OneDirection = 1, Preceded = 2, Unobserved = 3, Failing = 4, Restored = 5 };
        await agent.Send(2, null);
        AgentStatus status = Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).Agents);
        Assert.Equal((features, agent.Attachments), (status.Hello.Features, status.Attachments));
    }

    [Fact]
    public async Task An_agent_that_reconnects_keeps_its_attachments_until_its_next_batch()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        var attachments = new Attachments { Preceded = 1 };
        using (var agent = new FakeAgent(relay) { Attachments = attachments })
        {
            await agent.Hello();
            await agent.Send(1, null);
        }

        using var again = new FakeAgent(relay);
        await again.Hello(new KernelFeatures());
        AgentStatus status;
        do
            status = Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).Agents);
        while (status.Hello.Features is null);
        Assert.Equal(attachments, status.Attachments);
    }

    [Fact]
    public async Task Status_has_no_features_or_attachments_for_an_older_agent()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(1, null);
        AgentStatus status = Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).Agents);
        Assert.Equal((null, null), (status.Hello.Features, status.Attachments));
    }

    [Fact]
    public async Task A_stream_without_a_hello_is_rejected()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => agent.Send(1, null));
        Assert.Equal(
            (StatusCode.InvalidArgument, "the first message must be a hello with the node's name"), (e.StatusCode, e.Status.Detail));
    }

    [Fact]
    public async Task An_invalid_sighting_is_ignored()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        Sighting broken = CreateSighting(1, 4001);
        broken.ClientAddress = Google.Protobuf.ByteString.CopyFrom(1, 2, 3);
        await agent.Send(1, null, broken, CreateSighting(2, 70_000), CreateSighting(3, 4003));
        Assert.Equal(1UL, (await relay.Queries.GetStatusAsync(new StatusRequest())).FlowsPublished);
    }

    [Fact]
    public async Task An_agent_that_finishes_is_shown_as_disconnected()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(1, null);
        await agent.Finish();
        StatusResponse status;
        do
            status = await relay.Queries.GetStatusAsync(new StatusRequest());
        while (status.Agents[0].Connected);
        Assert.Equal("0.1.0", status.Version);
    }
}
