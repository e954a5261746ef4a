using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Tests.Names;
using Depmap.V1;
using Google.Protobuf;
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
    public async Task Edges_that_are_returned_on_request_only_are_counted()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay, epoch: 1);
        await agent.Hello();
        Sighting multicast = CreateSighting(2, 4002);
        (multicast.Protocol, multicast.ServerAddress) = (Protocol.Udp, ByteString.CopyFrom(239, 1, 1, 1));
        await agent.Send(1, new Lost(), CreateSighting(1, 4001), multicast);

        MapResponse map = await relay.Queries.GetMapAsync(new MapRequest());
        Assert.Equal((1, 1u, 0u), (map.Edges.Count, map.HiddenMulticast, map.HiddenProbes));
        map = await relay.Queries.GetMapAsync(new MapRequest { IncludeMulticast = true });
        Assert.Equal((2, 0u), (map.Edges.Count, map.HiddenMulticast));
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

    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    [InlineData(-100_000_000)]
    public async Task A_flow_between_nodes_whose_clocks_differ_is_one_with_the_relays_time(long ahead)
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var atWeb = new FakeAgent(relay);
        await atWeb.Hello();
        using var atDns = new FakeAgent(relay, "node-b");
        await atDns.Hello();
        long now = TimeProvider.System.UnixNanoseconds();
        ByteString web = ByteString.CopyFrom(10, 244, 1, 2), dns = ByteString.CopyFrom(10, 244, 2, 53);
        Sighting CreateAt(Side side, long opened) => new()
        {
            Id = 1,
            Protocol = Protocol.Udp,
            Side = side,
            State = State.Established,
            ClientAddress = web,
            ClientPort = 4001,
            ServerAddress = side == Side.Client ? ByteString.CopyFrom(10, 96, 0, 53) : dns,
            ServerPort = 53,
            OpenedUnixNs = opened,
            LastUnixNs = opened,
        };
        long skewed = now + (ahead * UnixTime.Second);
        await atDns.Send(new Batch { Sequence = 1, SentUnixNs = skewed, Sightings = { CreateAt(Side.Server, skewed) } });
        await atWeb.Send(new Batch { Sequence = 1, SentUnixNs = now, Sightings = { CreateAt(Side.Client, now) } });
        Edge edge = Assert.Single((await relay.Queries.GetMapAsync(new MapRequest())).Edges);
        Assert.Equal((1UL, "kube-dns"), (edge.Forwarded, edge.Destination.Service));
        Assert.InRange(edge.LastSeenUnixNs, now, now + (20 * UnixTime.Second));
        AgentStatus status = (await relay.Queries.GetStatusAsync(new StatusRequest())).Agents[1];
        Assert.Equal(0UL, status.InvalidReports);
        Assert.InRange(status.ClockSkewNs, (ahead - 20) * UnixTime.Second, ahead * UnixTime.Second);
    }

    [Fact]
    public async Task A_flow_to_an_address_that_an_agent_reports_of_its_node_has_the_node()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay)
        {
            Addresses = new InterfaceAddresses { Addresses = { ByteString.CopyFrom(1, 2), ByteString.CopyFrom(203, 0, 113, 7) } },
        };
        await agent.Hello();
        await agent.Send(1, null, CreateSighting(1, 4001));
        Assert.Equal("node-a", Assert.Single((await relay.Queries.GetMapAsync(new MapRequest())).Edges).Destination.Node);
    }

    [Fact]
    public async Task Status_has_the_addresses_that_several_pods_claim()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        Assert.Empty((await relay.Queries.GetStatusAsync(new StatusRequest())).AddressConflicts);
        ClusterObjects objects = TestCluster.CreateObjects();
        objects.Pods.Add(TestCluster.Pod("other", "node-c", TestCluster.Web, "other"));
        relay.GetService<NameTables>().Apply(objects, 1);
        AddressConflict conflict = Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).AddressConflicts);
        Assert.Equal("10.244.1.2: shop/web-5d8f-x2x, shop/other", $"{conflict.Address}: {string.Join(", ", conflict.Pods)}");
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
        broken.ClientAddress = ByteString.CopyFrom(1, 2, 3);
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
