using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Names;
using Depmap.Relay.Policies;
using Depmap.Relay.Tests.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.History;

/// <summary>What policies see of the traffic survives a restart with the history.</summary>
public sealed class TrafficHistoryTests : IDisposable
{
    private static readonly ClusterNames Names = PolicyCluster.Create("");

    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("shop/web shop/cart:8080")] // labels, and ports with names
    [InlineData("shop/web shop/cart:53/udp")]
    [InlineData("shop/cart shop/host:9100")] // a pod on its node's network
    [InlineData("node/n2 shop/redis:6379")]
    [InlineData("198.51.100.10 shop/cart:8080")]
    [InlineData("shop/bare 198.51.100.10:443")]
    [InlineData("shop/web unlisted/stray:1")]
    public void An_entry_is_the_same_after_a_restart(string connection)
    {
        PolicyConnection ends = PolicyCluster.Connection(Names, connection);
        long began = UnixTime.Of(_clock.Now);
        using (HistoryBench first = Open())
        {
            first.Traffic.Add(Flow(ends) with { Service = new ServiceId("shop", "front") });
            first.Traffic.Add(
                Flow(ends) with { ResolvedName = new ResolvedName("api.example.com", ["api.example.com", "old.example.com"]) });
            first.EndMinute();
        }

        using HistoryBench second = Open();
        TrafficEntry entry = Assert.Single(second.Traffic.Read().Entries);
        Assert.Equal(Text(ends.Client), Text(entry.Last.Client));
        Assert.Equal(Text(ends.Server), Text(entry.Last.Server));
        Assert.Equal((ends.Protocol, ends.Port), (entry.Last.Protocol, entry.Last.Port));
        Assert.Equal((2UL, began, began), (entry.Flows, entry.FirstSeen, entry.LastSeen));
        Assert.Equal(("api.example.com", "old.example.com"), (entry.Outside!.Name, entry.Outside.All[1]));
        Assert.Equal(began, second.Traffic.From);
    }

    [Fact]
    public void After_a_restart_the_same_connection_is_the_same_entry()
    {
        PolicyConnection ends = PolicyCluster.Connection(Names, "shop/web shop/cart:8080");
        for (int i = 0; i < 3; i++)
        {
            using HistoryBench bench = Open();
            bench.Traffic.Add(Flow(ends));
            bench.EndMinute();
        }

        using HistoryBench last = Open();
        TrafficEntry entry = Assert.Single(last.Traffic.Read().Entries);
        Assert.Equal((3UL, TimeSpan.FromMinutes(2).Ticks * 100), (entry.Flows, entry.LastSeen - entry.FirstSeen));
    }

    [Fact]
    public void What_was_not_seen_for_the_time_to_retain_is_removed()
    {
        using HistoryBench bench = Open(TimeSpan.FromHours(2));
        bench.Traffic.Add(Flow(PolicyCluster.Connection(Names, "shop/web shop/cart:8080")));
        for (int minute = 0; minute < 240; minute++)
        {
            bench.Traffic.Add(Flow(PolicyCluster.Connection(Names, "shop/web shop/redis:6379")));
            bench.EndMinute();
        }

        Assert.Equal(6379, Assert.Single(bench.Traffic.Read().Entries).Last.Port);
        bench.Dispose();
        using HistoryBench next = Open(TimeSpan.FromHours(2));
        Assert.Equal(6379, Assert.Single(next.Traffic.Read().Entries).Last.Port);
    }

    [Fact]
    public void A_damaged_file_costs_nothing_of_what_the_relay_still_knows()
    {
        using (HistoryBench bench = Open())
        {
            bench.Traffic.Add(Flow(PolicyCluster.Connection(Names, "shop/web shop/cart:8080")));
            bench.Put(bench.Flow(Depmap.Relay.Tests.Names.TestCluster.Cart));
            bench.EndMinute();
        }

        HistoryFileTests.Execute(Path.Combine(_folder.Path, HistoryFile.Name), "UPDATE minutes SET growth = x'ff'");
        using (HistoryBench bench = Open())
        {
            Assert.Single(bench.Traffic.Read().Entries);
            _ = bench.Edges;
            Assert.Single(bench.Problems);
            bench.EndMinute();
        }

        using HistoryBench next = Open();
        Assert.Equal(8080, Assert.Single(next.Traffic.Read().Entries).Last.Port);
    }

    [Fact]
    public void A_row_that_cannot_be_read_sets_the_file_aside()
    {
        using (HistoryBench bench = Open())
        {
            bench.Traffic.Add(Flow(PolicyCluster.Connection(Names, "shop/web shop/cart:8080")));
            bench.EndMinute();
        }

        HistoryFileTests.Execute(Path.Combine(_folder.Path, HistoryFile.Name), "UPDATE traffic SET entry = x'ff'");
        using HistoryBench next = Open();
        Assert.Contains("was set aside", Assert.Single(next.Problems));
        Assert.Empty(next.Traffic.Read().Entries);
    }

    private HistoryBench Open(TimeSpan? retain = null) => new(_folder.Path, _clock, retain);

    private NamedFlow Flow(PolicyConnection ends) => new()
    {
        Time = UnixTime.Of(_clock.Now),
        Decision = new Decision(Verdict.Forwarded),
        Protocol = ends.Protocol,
        Source = new AddressPort(ends.Client.Address, 40000),
        Destination = new AddressPort(ends.Server.Address, ends.Port),
        SourceOwner = ends.Client.Owner,
        DestinationOwner = ends.Server.Owner,
        Node = "n1",
    };

    private static string Text(PolicyEnd end) => end.Owner is not { } owner
        ? $"{end.Address}"
        : $"{end.Address} {owner.Node} {owner.Namespace}/{owner.Pod} {owner.Workload} {end.Labels} {owner.HostNetwork} "
            + string.Join(',', owner.Ports ?? []);
}
