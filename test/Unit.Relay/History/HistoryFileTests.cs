using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using Microsoft.Data.Sqlite;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;

namespace Depmap.Relay.Tests.History;

public sealed class HistoryFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string DataFile => Path.Combine(_folder.Path, HistoryFile.Name);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void After_a_restart_the_history_goes_on_since_when_it_began()
    {
        var clock = new ManualClock();
        long began = UnixTime.Of(clock.Now);
        using (var first = new HistoryBench(_folder.Path, clock))
        {
            first.Put(first.Flow(External, decision: new Decision(Verdict.Dropped, DropReason.Kernel, "NO_ROUTE")));
            first.Put(first.Flow(External) with { ResolvedName = new ResolvedName("api.example.com", ["api.example.com"]) });
            first.EndMinute();
        }

        clock.Now += TimeSpan.FromMinutes(5);
        using var second = new HistoryBench(_folder.Path, clock);
        second.Put(second.Flow(External) with { ResolvedName = new ResolvedName("api.example.com", ["api.example.com"]) });
        HistoryAnswer answer = second.History.Read(0, 0);
        Assert.Equal(began, answer.From);
        Assert.Equal(2UL, answer.Edges.Single(edge => edge.Destination.Name == "api.example.com").Forwarded);
        Assert.Equal("NO_ROUTE", answer.Edges.Single(edge => edge.Destination.Name == "outside").Drops.Single().Detail);
        Assert.Equal((2, 0), (answer.Edges.Count, second.Problems.Count));
    }

    [Fact]
    public void Nodes_zones_and_groups_survive_a_restart()
    {
        var clock = new ManualClock();
        var nodes = new NodeTable([new NodeObject("node-a", []) { Zone = "z1" }, new NodeObject("node-b", []) { Zone = "z2" }]);
        using (var first = new HistoryBench(_folder.Path, clock))
        {
            var cart = new Owner("node-b", "shop", "cart-1", "Deployment/cart");
            first.Map.Put(null, first.Flow(Cart) with { DestinationOwner = cart }, nodes);
            first.Map.Put(null, first.Flow(External), nodes);
            first.EndMinute();
        }

        using var second = new HistoryBench(_folder.Path, clock);
        List<Edge> edges = second.History.Read(0, 0, withNodes: true).Edges;
        Edge inside = edges.Single(edge => edge.Destination.Workload == "Deployment/cart");
        Assert.Equal((0UL, 1100UL, 1UL), (inside.BytesWithinZone, inside.BytesAcrossZones, inside.Handshakes));
        V1.NodeTraffic pair = Assert.Single(inside.Nodes);
        Assert.Equal(("node-a", "z1", "node-b", "z2"), (pair.SourceNode, pair.SourceZone, pair.DestinationNode, pair.DestinationZone));
        Assert.Equal((1UL, 100UL, 50UL), (pair.Forwarded, pair.BytesToServer, pair.HandshakeMeanNs));

        // Which addresses were in the group is not recorded.
        Edge outside = edges.Single(edge => edge.Destination.Name == "outside");
        Assert.Equal((1U, "", true), (outside.Destination.AddressCount, outside.Destination.Ip, outside.MoreAddresses));
        Assert.Empty(second.Edges[0].Nodes);
    }

    [Fact]
    public void A_connection_that_stays_open_over_a_restart_counts_once_and_its_further_bytes_too()
    {
        var clock = new ManualClock();
        NamedFlow open;
        using (var first = new HistoryBench(_folder.Path, clock))
        {
            clock.Now += TimeSpan.FromSeconds(10);
            first.Put(open = first.Flow(Cart, bytes: 100));
            first.EndMinute();
        }

        // The agents report it again, in totals; and one that was opened meanwhile.
        using var second = new HistoryBench(_folder.Path, clock);
        clock.Now += TimeSpan.FromSeconds(5);
        EdgeShare share = second.Put(open with { BytesToServer = 150 });
        second.Put(second.Flow(Cart, bytes: 7));
        second.Put(open with { BytesToServer = 400, Destination = OtherCart }, share);
        second.EndMinute();
        second.Put(open with { BytesToServer = 400 }, share);
        second.EndMinute();
        Edge edge = Assert.Single(second.Edges);
        Assert.Equal((2UL, 100UL + 250 + 7), (edge.Forwarded, edge.BytesToServer));
    }

    [Fact]
    public void Of_a_relay_that_was_killed_the_minutes_before_the_last_are_there()
    {
        var clock = new ManualClock();
        using var copy = new TemporaryFolder();
        using (var killed = new HistoryBench(_folder.Path, clock))
        {
            for (int minute = 0; minute < 3; minute++)
            {
                killed.Put(killed.Flow(Cart));
                killed.EndMinute();
            }

            killed.Put(killed.Flow(Cart));
            // What is on the disk while the file is open, its log included, is what kill -9 leaves.
            foreach (string file in Directory.GetFiles(_folder.Path))
                File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        using var next = new HistoryBench(copy.Path, clock);
        Assert.Equal(3UL, Assert.Single(next.Edges).Forwarded);
        Assert.Empty(next.Problems);
    }

    [Fact]
    public void A_last_transaction_that_was_cut_short_is_left_out()
    {
        var clock = new ManualClock();
        using var copy = new TemporaryFolder();
        using (var killed = new HistoryBench(_folder.Path, clock))
        {
            killed.Put(killed.Flow(Cart));
            killed.EndMinute();
            killed.Put(killed.Flow(Cart));
            killed.EndMinute();
            foreach (string file in Directory.GetFiles(_folder.Path))
                File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        string log = Path.Combine(copy.Path, HistoryFile.Name + "-wal");
        using (FileStream stream = File.OpenWrite(log))
            stream.SetLength(stream.Length - 100);
        using var next = new HistoryBench(copy.Path, clock);
        Assert.Equal(1UL, Assert.Single(next.Edges).Forwarded);
        Assert.Empty(next.Problems);
    }

    [Fact]
    public void A_damaged_file_is_set_aside_and_a_new_one_begun()
    {
        var clock = new ManualClock();
        File.WriteAllText(DataFile, "not a database, but long enough to be read as the header of one: " + new string('x', 4096));
        using (var bench = new HistoryBench(_folder.Path, clock))
        {
            Assert.StartsWith($"the history's file was set aside as {DataFile}.unusable-20260504T100000Z", Assert.Single(bench.Problems));
            Assert.Equal(bench.Problems[0], bench.History.Problem);
            bench.Put(bench.Flow(Cart));
            bench.EndMinute();
        }

        Assert.StartsWith("not a database", File.ReadAllText($"{DataFile}.unusable-20260504T100000Z"));
        using var next = new HistoryBench(_folder.Path, clock);
        Assert.Single(next.Edges);
        Assert.Null(next.History.Problem);
    }

    [Fact]
    public void A_file_that_is_damaged_later_is_set_aside_and_recording_goes_on()
    {
        var clock = new ManualClock();
        using (var first = new HistoryBench(_folder.Path, clock))
        {
            first.Put(first.Flow(Cart));
            first.EndMinute();
        }

        Execute("UPDATE minutes SET growth = x'ff'");
        using var bench = new HistoryBench(_folder.Path, clock);
        Assert.Empty(bench.Problems);
        bench.Put(bench.Flow(Cart));
        Assert.Single(bench.Edges);
        Assert.Contains("cut short", Assert.Single(bench.Problems));
        bench.EndMinute();
        bench.Put(bench.Flow(Cart));
        Assert.Equal(2UL, Assert.Single(bench.Edges).Forwarded);
        Assert.True(bench.History.IsPersistent);
        Assert.Single(Directory.GetFiles(_folder.Path, "*.unusable-*"), file => !file.EndsWith("-wal", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PRAGMA user_version = 2", "it is from a newer version of Depmap (format 2, this relay knows 1)")]
    [InlineData("PRAGMA user_version = 0", "it is a database of another program")]
    public void A_file_of_a_newer_version_or_another_program_is_set_aside(string change, string reason)
    {
        using (new HistoryBench(_folder.Path))
        {
        }

        Execute(change);
        using var bench = new HistoryBench(_folder.Path);
        Assert.EndsWith(reason, Assert.Single(bench.Problems));
        Assert.True(bench.History.IsPersistent);
    }

    [Fact]
    public void A_folder_that_cannot_be_used_leaves_the_history_in_memory()
    {
        using var bench = new HistoryBench(_folder.Write("file", "") + "/folder");
        Assert.StartsWith("the history is kept in memory, for an hour: ", Assert.Single(bench.Problems));
        bench.Put(bench.Flow(Cart));
        bench.EndMinute();
        Assert.Single(bench.Edges);
        Assert.False(bench.History.IsPersistent);
    }

    [Fact]
    public void What_a_full_disk_refuses_is_saved_once_there_is_room()
    {
        var clock = new ManualClock();
        using (new HistoryBench(_folder.Path, clock))
        {
        }

        long roomAt = UnixTime.Of(clock.Now.AddMinutes(3)) / UnixTime.Minute;
        Execute(
            $"CREATE TRIGGER full BEFORE INSERT ON minutes WHEN NEW.start < {roomAt} BEGIN SELECT RAISE(FAIL, 'disk is full'); END");
        using (var bench = new HistoryBench(_folder.Path, clock))
        {
            for (int minute = 0; minute < 3; minute++)
            {
                bench.Put(bench.Flow(Cart));
                bench.EndMinute();
                Assert.Equal((ulong)minute + 1, Assert.Single(bench.Edges).Forwarded);
                Assert.Contains("disk is full", bench.History.Problem);
            }

            Assert.StartsWith("the history cannot be saved: ", Assert.Single(bench.Problems));
            bench.Put(bench.Flow(Cart));
            bench.EndMinute();
            Assert.Null(bench.History.Problem);
        }

        using var next = new HistoryBench(_folder.Path, clock);
        Assert.Equal(4UL, Assert.Single(next.Edges).Forwarded);
    }

    [Fact]
    public void Minutes_are_folded_to_hours_after_a_day_and_hours_removed_after_the_time_to_retain()
    {
        using var bench = new HistoryBench(_folder.Path, retain: TimeSpan.FromDays(2));
        for (int minute = 0; minute < 3 * 24 * 60; minute++)
        {
            bench.Put(bench.Flow(minute < 60 ? OtherCart : Cart));
            bench.EndMinute();
        }

        HistoryAnswer all = bench.History.Read(0, 0);
        // Whole hours, those of the last minute's two days.
        Assert.Equal(bench.Ago(TimeSpan.FromHours(49)), all.From);
        Edge edge = Assert.Single(all.Edges);
        Assert.Equal((49UL * 60, 294_000UL), (edge.Forwarded, edge.BytesToServer));
        Assert.Equal(all.From, edge.FirstSeenUnixNs);

        // Within a day by the minute, before that by the hour.
        Assert.Equal(30UL, Assert.Single(bench.History.Read(bench.Ago(TimeSpan.FromMinutes(30)), 0).Edges).Forwarded);
        HistoryAnswer day = bench.History.Read(bench.Ago(TimeSpan.FromMinutes((30 * 60) + 30)), 0);
        Assert.Equal((31UL * 60, bench.Ago(TimeSpan.FromHours(31))), (Assert.Single(day.Edges).Forwarded, day.From));
        Assert.InRange(Directory.GetFiles(_folder.Path).Sum(file => new FileInfo(file).Length), 1, 8_000_000);
    }

    [Fact]
    public void Beyond_the_maximum_size_the_oldest_is_removed()
    {
        using var bench = new HistoryBench(_folder.Path, maxBytes: 200_000);
        for (int minute = 0; minute < 600; minute++)
        {
            for (ushort port = 1; port <= 60; port++)
                bench.Put(bench.Flow(Cart with { Port = port }));
            bench.EndMinute();
        }

        HistoryAnswer all = bench.History.Read(0, 0);
        Assert.Equal(60, all.Edges.Count);
        Assert.All(all.Edges, edge => Assert.Equal(600UL, edge.Forwarded));
        Assert.InRange(bench.History.Size, 100_000, 200_000);
    }

    private void Execute(string statement) => Execute(DataFile, statement);

    /// <summary>Changes a file of a history that is closed.</summary>
    internal static void Execute(string file, string statement)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false };
        using var connection = new SqliteConnection(settings.ToString());
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }
}
