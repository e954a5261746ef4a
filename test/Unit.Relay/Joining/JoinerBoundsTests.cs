using Depmap.Relay.Flows;
using Depmap.V1;
using static Depmap.Relay.Tests.Joining.Sightings;
using static Depmap.Relay.Tests.Names.TestCluster;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>What happens when the joiner has no room, and to agents that report without end.</summary>
public class JoinerBoundsTests
{
    [Fact]
    public void An_update_of_a_forgotten_flow_is_neither_counted_nor_published_again()
    {
        var bench = new JoinerBench(capacity: 3);
        for (int n = 1; n <= 5; n++)
            bench.Report("node-a", Nth(n));
        Assert.Equal((3, 2UL, 0UL), (bench.FlowCount, bench.ForgottenFlows, bench.LostFlows));
        bench.Report("node-a", Nth(1) with { BytesToServer = 9 }, Nth(2) with { BytesToServer = 9 });
        bench.Report("node-a", Nth(2) with { Ended = true }, Nth(1) with { Ended = true });
        Assert.Equal((5, 5UL, 3), (bench.Published.Count, Assert.Single(bench.Edges).Forwarded, bench.FlowCount));
    }

    // More flows are forgotten than the joiner may hold.
    [Fact]
    public void Any_number_of_flows_can_be_forgotten()
    {
        var bench = new JoinerBench(capacity: 3);
        for (int n = 1; n <= 20; n++)
            bench.Report("node-a", Nth(n));
        for (int n = 1; n <= 20; n++)
            bench.Report("node-a", Nth(n) with { BytesToServer = 9, Ended = n % 2 == 0 });
        Assert.Equal((20, 20UL), (bench.Published.Count, Assert.Single(bench.Edges).Forwarded));
        bench.Report("node-a", Nth(21));
        Assert.Equal(21, bench.Published.Count);
    }

    [Fact]
    public void A_relay_that_has_just_started_takes_open_connections_as_new_in_any_order()
    {
        var bench = new JoinerBench(capacity: 3);
        for (int n = 1; n <= 5; n++)
            bench.Report("node-a", Nth(n));
        bench.RestartRelay();
        bench.Report("node-a", Nth(5), Nth(1));
        bench.Report("node-a", Nth(3));
        Assert.Equal((3, 3UL), (bench.Published.Count, Assert.Single(bench.Edges).Forwarded));
    }

    [Fact]
    public void The_end_of_an_agents_outage_does_not_count_its_connections_again()
    {
        var bench = new JoinerBench();
        bench.Report("node-a", Nth(1));
        bench.Disconnect("node-a");
        bench.Advance(400);
        Assert.Equal(0, bench.FlowCount);
        bench.Connect("node-a");
        bench.Report("node-a", Nth(1) with { BytesToServer = 9 }, Nth(2));
        Assert.Equal((2, 2UL), (bench.Published.Count, Assert.Single(bench.Edges).Forwarded));
    }

    [Fact]
    public void A_flow_that_is_removed_while_it_waits_for_the_other_side_is_published()
    {
        var bench = new JoinerBench(capacity: 1);
        bench.Report("node-a", AtWeb(State.Established));
        Assert.Empty(bench.Published);
        bench.Report("node-a", Nth(2));
        Assert.Equal([CartService, External], bench.Published.Select(flow => flow.Destination));
        Assert.Equal(0UL, bench.LostFlows);
    }

    [Fact]
    public void A_flow_that_is_removed_without_a_verdict_is_lost()
    {
        var bench = new JoinerBench(capacity: 1);
        bench.Report("node-a", Nth(1) with { State = State.Opening });
        bench.Report("node-a", Nth(2));
        Assert.Equal((1UL, 0UL), (bench.LostFlows, bench.ForgottenFlows));
        bench.Report("node-a", Nth(1));
        Assert.Single(bench.Published);
    }

    [Fact]
    public void An_agent_that_reports_too_many_flows_costs_its_own()
    {
        var bench = new JoinerBench(capacity: 10);
        for (int n = 1; n <= 3; n++)
            bench.Report("node-b", Nth(n) with { Client = PodOnNodeC with { Port = (ushort)n } });
        for (int n = 11; n <= 2000; n++)
            bench.Report("node-a", Nth(n));
        Assert.Equal(10, bench.FlowCount);
        for (int n = 1; n <= 3; n++)
            bench.Report("node-b", Nth(n) with { Client = PodOnNodeC with { Port = (ushort)n }, BytesToServer = 100 });
        V1.Edge edge = Assert.Single(bench.Edges, edge => edge.Source.Workload == "Deployment/far");
        Assert.Equal((3UL, 300UL), (edge.Forwarded, edge.BytesToServer));
    }

    [Theory]
    [InlineData("node-a", State.Dropped)]
    [InlineData("node-a", State.Opening)]
    [InlineData("node-b", State.Dropped)] // that node's own are evicted, although the other one has more flows
    [InlineData("node-b", State.Opening)]
    public void Quiet_established_connections_outlive_newer_failures_with_all_their_bytes(string failing, State state)
    {
        var bench = new JoinerBench(capacity: 100);
        for (int n = 1; n <= 50; n++)
            bench.Report("node-a", Nth(n));
        for (int n = 51; n <= 1050; n++)
        {
            bench.Advance(0.001);
            bench.Report(failing, Nth(n) with
            {
                State = state,
                DropReason = state == State.Dropped ? DropReason.Timeout : default,
            });
        }

        for (int n = 1; n <= 50; n++)
            bench.Report("node-a", Nth(n) with { BytesToServer = 100, Ended = true });
        V1.Edge edge = Assert.Single(bench.Edges);
        Assert.Equal((50UL, 5_000UL), (edge.Forwarded, edge.BytesToServer));
    }

    [Fact]
    public void A_batch_with_more_failures_than_there_is_room_evicts_no_established_connection()
    {
        var bench = new JoinerBench(capacity: 10);
        bench.Report("node-a",
        [
            Nth(1),
            Nth(2),
            .. Enumerable.Range(3, 100).Select(n => Nth(n) with { State = State.Opening }),
        ]);
        bench.Report("node-a", Nth(1) with { BytesToServer = 100 }, Nth(2) with { BytesToServer = 100 });
        Assert.Equal(200UL, Assert.Single(bench.Edges).BytesToServer);
    }

    [Fact]
    public void Established_connections_of_the_largest_node_make_room_for_the_failures_of_a_small_one()
    {
        var bench = new JoinerBench(capacity: 10);
        for (int n = 1; n <= 100; n++)
            bench.Report("node-a", Nth(n));
        for (int n = 101; n <= 103; n++)
            bench.Report("node-b", Nth(n) with { State = State.Opening });
        for (int n = 101; n <= 103; n++)
            bench.Report("node-b", Nth(n));
        Assert.Equal((103UL, 0UL), (Assert.Single(bench.Edges).Forwarded, bench.LostFlows));
    }

    [Fact]
    public void The_sightings_of_one_flow_are_bounded()
    {
        var bench = new JoinerBench(capacity: 10);
        bench.Report("node-a", AtDns(State.Opening) with { Side = Side.Client, Client = Web, Server = Dns });
        for (int n = 1; n <= 1000; n++)
        {
            bench.Report("node-a", DnsAtWeb(State.OneWay) with
            {
                Id = (ulong)(100 + n),
                Client = Dns,
                Server = Web,
                Opened = Opened + n,
            });
        }

        Assert.Equal(1, bench.FlowCount);
        Assert.True(bench.SightingCount < 20);
    }

    [Fact]
    public void An_agent_that_restarts_without_end_is_bounded()
    {
        var bench = new JoinerBench(capacity: 10);
        for (ulong epoch = 1; epoch <= 30_000; epoch++)
        {
            bench.Connect("node-a", epoch);
            bench.ReportAs("node-a", epoch, AtWeb(State.Established, null) with { Id = epoch, Server = External });
            bench.Disconnect("node-a", epoch);
        }

        Assert.True(bench.SightingCount <= 40);
    }

    private static Sighting Nth(int n) => AtWeb(State.Established, (uint)n) with
    {
        Id = (ulong)n,
        Client = Web with { Port = (ushort)n },
        Server = External,
    };
}
