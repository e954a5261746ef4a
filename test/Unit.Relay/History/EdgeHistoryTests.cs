using CsCheck;
using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Map;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;

namespace Depmap.Relay.Tests.History;

public class EdgeHistoryTests
{
    private static readonly Decision Refused = new(Verdict.Dropped, DropReason.Refused);

    [Fact]
    public void A_period_has_what_was_counted_in_it()
    {
        using var bench = new HistoryBench(folder: null);
        EdgeShare share = bench.Put(bench.Flow(Cart, bytes: 100));
        bench.EndMinute();
        bench.Put(bench.Flow(Cart, bytes: 300) with { Time = bench.Ago(TimeSpan.FromMinutes(1)) }, share);
        bench.Put(bench.Flow(Cart, decision: Refused));
        bench.EndMinute();

        Edge last = Assert.Single(bench.History.Read(bench.Ago(TimeSpan.FromMinutes(1)), 0).Edges);
        Assert.Equal((0UL, 1UL, 300UL), (last.Forwarded, last.Dropped, last.BytesToServer));
        Assert.Equal((DropReason.Refused, 1UL), (last.Drops[0].Reason, last.Drops[0].Count));
        Edge first = Assert.Single(bench.History.Read(0, bench.Ago(TimeSpan.FromMinutes(1))).Edges);
        Assert.Equal((1UL, 0UL, 100UL, 50UL), (first.Forwarded, first.Dropped, first.BytesToServer, first.HandshakeMeanNs));
        Edge both = Assert.Single(bench.Edges);
        Assert.Equal((1UL, 1UL, 400UL, 4000UL), (both.Forwarded, both.Dropped, both.BytesToServer, both.BytesToClient));
    }

    [Fact]
    public void The_current_minute_counts_before_it_is_recorded()
    {
        using var bench = new HistoryBench(folder: null);
        bench.Put(bench.Flow(Cart));
        Assert.Equal(1UL, Assert.Single(bench.Edges).Forwarded);
        bench.EndMinute();
        bench.Put(bench.Flow(Cart));
        Assert.Equal(2UL, Assert.Single(bench.Edges).Forwarded);
        Assert.Empty(bench.History.Read(bench.Ago(TimeSpan.FromHours(-1)), 0).Edges);
    }

    [Fact]
    public void A_correction_belongs_to_the_minute_in_which_it_is_made_and_shows_no_negative_count()
    {
        using var bench = new HistoryBench(folder: null);
        NamedFlow flow = bench.Flow(Cart);
        EdgeShare share = bench.Put(flow);
        bench.EndMinute();
        bench.Put(flow with { Destination = OtherCart }, share);
        bench.EndMinute();

        Assert.Equal("10.244.2.3", Assert.Single(bench.History.Read(0, bench.Ago(TimeSpan.FromMinutes(1))).Edges).Destination.Ip);
        Assert.Equal("10.244.2.4", Assert.Single(bench.History.Read(bench.Ago(TimeSpan.FromMinutes(1)), 0).Edges).Destination.Ip);
        Edge left = Assert.Single(bench.Edges);
        Assert.Equal(("10.244.2.4", 1UL, 100UL), (left.Destination.Ip, left.Forwarded, left.BytesToServer));
    }

    [Fact]
    public void In_memory_an_hour_is_kept()
    {
        using var bench = new HistoryBench(folder: null);
        for (int minute = 0; minute < 90; minute++)
        {
            bench.Put(bench.Flow(Cart));
            bench.EndMinute();
        }

        HistoryAnswer answer = bench.History.Read(0, 0);
        Assert.Equal((60UL, bench.Ago(TimeSpan.FromHours(1)), 0L), (Assert.Single(answer.Edges).Forwarded, answer.From, answer.To));
    }

    [Fact]
    public void The_sum_of_all_minutes_equals_the_counts_of_the_map()
    {
        AddressPort[] servers = [Cart, OtherCart, Dns, External, External with { Port = 80 }, PodOnNodeC];
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, servers.Length - 1], Gen.Int[0, 3], Gen.Int[0, 1000]).List[1, 60].Sample(
            steps =>
            {
                using var folder = new TemporaryFolder();
                using var bench = new HistoryBench(folder.Path);
                var shares = new EdgeShare?[10];
                foreach ((int flow, int server, int kind, int bytes) in steps)
                {
                    if (kind == 3)
                        bench.EndMinute();
                    else
                        shares[flow] = bench.Put(bench.Flow(servers[server], (ulong)bytes, kind == 0 ? Refused : null), shares[flow]);
                }

                Assert.Equal(Counts(bench.Map.Read().Edges), Counts(bench.Edges));
                bench.EndMinute();
                Assert.Equal(Counts(bench.Map.Read().Edges), Counts(bench.Edges));
            },
            iter: 40,
            threads: 1);
    }

    [Fact]
    public void Flows_of_edges_that_the_map_had_no_room_for_stay_in_the_history_and_count_once()
    {
        using var bench = new HistoryBench(folder: null, maxEdges: 3);
        List<EdgeShare> shares = [];
        for (ushort port = 1; port <= 3; port++)
            shares.Add(bench.Put(bench.Flow(External with { Port = port })));
        bench.EndMinute();
        shares.Add(bench.Put(bench.Flow(External with { Port = 4 })));
        bench.EndMinute();
        Assert.Equal(3, bench.Map.Read().Edges.Count);
        Assert.Equal(4, bench.Edges.Count);

        // The flow whose edge was removed is still used.
        bench.Put(bench.Flow(External with { Port = 1 }, bytes: 500), shares[0]);
        bench.EndMinute();
        Assert.All(bench.Edges, edge => Assert.Equal(1UL, edge.Forwarded));
        Assert.Equal(500UL, bench.Edges.Single(edge => edge.Destination.Port == 1).BytesToServer);
    }

    internal static string Counts(IEnumerable<Edge> edges) => string.Join('\n', edges.Select(edge =>
        $"{edge.Destination.Ip}{edge.Destination.Workload}:{edge.Destination.Port} {edge.Forwarded} {edge.Dropped} {edge.BytesToServer} "
        + $"{edge.BytesToClient} {edge.HandshakeMeanNs} {string.Join(',', edge.Drops)}"));
}
