using Depmap.Relay.Objects;
using Depmap.Relay.Tests.Names;
using Depmap.V1;
using Google.Protobuf;
using Grpc.Core;
using static Depmap.Relay.Tests.Running.FakeAgent;
using NameTables = Depmap.Relay.Names.NameTables;

namespace Depmap.Relay.Tests.Running;

/// <summary>What a broken or hostile agent reports costs its own data only.</summary>
public class BrokenAgentTests
{
    [Theory]
    [InlineData(long.MinValue, long.MinValue)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(0, long.MaxValue)]
    [InlineData(-1, 0)]
    [InlineData(1L << 62, 1L << 62)]
    [InlineData((1L << 62) - 1, (1L << 62) - 1)]
    public async Task A_time_out_of_range_makes_a_report_invalid_and_others_are_used(long opened, long last)
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var broken = new FakeAgent(relay, "node-b");
        await broken.Hello();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        Sighting sighting = CreateSighting(1, 4001);
        (sighting.OpenedUnixNs, sighting.LastUnixNs) = (opened, last);
        // Unacknowledged batches are sent again, also to the next relay.
        await broken.Send(1, null, sighting, CreateSighting(2, 4002));
        Sighting sameConnection = CreateSighting(1, 4001);
        sameConnection.OpenedUnixNs = 0;
        await agent.Send(1, null, sameConnection);
        sighting.Id = 3;
        await broken.Send(2, null, sighting);
        StatusResponse status = await relay.Queries.GetStatusAsync(new StatusRequest());
        Assert.Equal(2UL, status.FlowsPublished);
        Assert.Equal([0UL, 2UL], status.Agents.Select(a => a.InvalidReports));
    }

    [Fact]
    public async Task Unknown_enum_values_and_impossible_totals_make_a_report_invalid()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        Sighting[] broken = [.. Enumerable.Range(1, 5).Select(i => CreateSighting((ulong)i, (uint)(4000 + i)))];
        broken[0].Protocol = (Protocol)77;
        broken[1].Side = (Side)(-1);
        broken[2].State = (State)int.MaxValue;
        broken[3].BytesToServer = ulong.MaxValue;
        broken[4].HandshakeNs = ulong.MaxValue;
        await agent.Send(1, new Lost { Moments = ulong.MaxValue, Drops = ulong.MaxValue }, broken);
        StatusResponse status = await relay.Queries.GetStatusAsync(new StatusRequest());
        Assert.Equal((0UL, 5UL), (status.FlowsPublished, Assert.Single(status.Agents).InvalidReports));
    }

    [Fact]
    public async Task An_unknown_drop_reason_is_shown_as_one_that_only_the_kernel_names()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        Sighting dropped = CreateSighting(1, 4001);
        (dropped.State, dropped.DropReason, dropped.DropReasonDetail) = (State.Dropped, (DropReason)99, "NEW_REASON");
        await agent.Send(1, null, dropped);
        DropCount drop = Assert.Single(Assert.Single((await relay.Queries.GetMapAsync(new MapRequest())).Edges).Drops);
        Assert.Equal((DropReason.Kernel, "NEW_REASON"), (drop.Reason, drop.Detail));
    }

    [Fact]
    public async Task Invalid_DNS_answers_and_host_connections_are_counted()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        ByteString address = ByteString.CopyFrom(10, 244, 1, 2);
        await agent.Send(new Batch
        {
            Sequence = 1,
            Resolutions =
            {
                new Resolution { ClientAddress = address, Name = "a.test", Addresses = { address }, TimeUnixNs = long.MaxValue },
            },
            HostConnections = { new HostConnection { PodUid = "u" } },
        });
        Assert.Equal(2UL, Assert.Single((await relay.Queries.GetStatusAsync(new StatusRequest())).Agents).InvalidReports);
    }

    [Fact]
    public async Task A_report_about_a_pod_of_another_node_is_invalid()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        ClusterObjects objects = TestCluster.CreateObjects();
        objects.Pods[0] = objects.Pods[0] with { Started = 0 }; // web, on node-a
        var names = relay.GetService<NameTables>();
        names.Apply(new ClusterObjects(), 0);
        names.Apply(objects, UnixTime.Second);
        using var broken = new FakeAgent(relay, "node-b");
        await broken.Hello();
        Sighting atOnce = CreateSighting(1, 4001), later = CreateSighting(2, 4002);
        later.OpenedUnixNs = later.LastUnixNs = 5 * UnixTime.Minute;
        await broken.Send(1, null, atOnce, later);
        StatusResponse status = await relay.Queries.GetStatusAsync(new StatusRequest());
        Assert.Equal((1UL, 1UL), (status.FlowsPublished, Assert.Single(status.Agents).InvalidReports));
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(1, null, later);
        Assert.Equal(2UL, (await relay.Queries.GetStatusAsync(new StatusRequest())).FlowsPublished);
    }

    [Theory]
    [InlineData("node\na")]
    [InlineData("node a")]
    public async Task A_name_that_no_node_can_have_is_rejected(string name)
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay, name);
        await agent.Hello();
        Assert.Equal(StatusCode.InvalidArgument, (await agent.End()).StatusCode);
    }

    [Fact]
    public async Task A_second_agent_for_a_node_from_another_address_is_refused()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        using var agent = new FakeAgent(relay);
        await agent.Hello();
        await agent.Send(1, null, CreateSighting(1, 4001));
        using var other = new FakeAgent(relay, epoch: 2, from: "127.0.0.2");
        await other.Hello();
        const string Reason =
            "an agent that names node node-a, but connects from 127.0.0.2 while that node's agent is connected from 127.0.0.1";
        Assert.Equal(new Status(StatusCode.PermissionDenied, Reason), await other.End());
        StatusResponse status = await relay.Queries.GetStatusAsync(new StatusRequest());
        RefusedAgent refused = Assert.Single(status.RefusedAgents);
        Assert.Equal(("node-a", Reason, 1UL), (refused.Node, refused.Reason, refused.Times));
        Assert.Equal((1UL, true), (Assert.Single(status.Agents).Hello.Epoch, status.Agents[0].Connected));
        await agent.Send(2, null, CreateSighting(2, 4002));
        Assert.Equal(2UL, (await relay.Queries.GetStatusAsync(new StatusRequest())).FlowsPublished);
    }
}
