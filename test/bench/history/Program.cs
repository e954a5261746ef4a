// Fills the relay's history with seven days of 10,000 edges, each of which grows every minute, and prints its size and the time of
// queries, in lines "name  measured  bound  ok|MISSED" like test/bench/bench. Exits with 1 if a bound was missed.
using System.Diagnostics;
using Depmap.Bench;
using Depmap.History.Bench;
using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Map;
using Depmap.Relay.Policies;
using Depmap.V1;

const int Edges = 10_000, Days = 7, Servers = 100;

string folder = Directory.CreateTempSubdirectory("depmap-history-").FullName;
var clock = new BenchClock();
var random = new Random(1);
var figures = new Figures();
try
{
    var map = new EdgeMap(2 * Edges);
    var opened = new HistoryFolder(folder, TimeSpan.FromDays(Days), long.MaxValue, 150_000, clock);
    using (var history = new EdgeHistory(map, new TrafficTable(0), opened, clock, Console.Error.WriteLine))
    {
        List<double> records = [];
        // Before the last day only hours are left, which are as large whether one of their minutes was recorded or all of them.
        for (int hour = 0; hour < Days * 24; hour++)
        {
            for (int minute = 0; minute < 60; minute++)
            {
                if (hour >= (Days - 1) * 24 || minute == 30)
                {
                    Grow(map);
                    long began = Stopwatch.GetTimestamp();
                    history.Record(clock.Now);
                    records.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }

                clock.Now = clock.Now.AddMinutes(1);
            }
        }

        figures.Report($"history, {Edges} edges for {Days} days", history.Size / 1e6, "MB", 500);
        figures.Report("  recording a minute, median", Median(records), "ms");
        figures.Report("  recording a minute, maximum", records.Max(), "ms");
        figures.Report("  query of a day", Query(history, TimeSpan.FromDays(1)), "ms", 300);
        figures.Report("  query of 23 h 30 min", Query(history, TimeSpan.FromHours(23.5)), "ms", 300);
        figures.Report("  query of 59 min", Query(history, TimeSpan.FromMinutes(59)), "ms", 300);
        figures.Report("  query of all", Query(history, null), "ms");
    }

    long opening = Stopwatch.GetTimestamp();
    using (new EdgeHistory(new EdgeMap(2 * Edges), new TrafficTable(0), opened, clock, Console.Error.WriteLine))
        figures.Report("  opening it", Stopwatch.GetElapsedTime(opening).TotalMilliseconds, "ms");
    figures.Report("  files", new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length) / 1e6, "MB", 500);
}
finally
{
    Directory.Delete(folder, recursive: true);
}

return figures.Missed ? 1 : 0;

// A connection on each edge.
void Grow(EdgeMap map)
{
    long now = UnixTime.Of(clock.Now);
    for (int i = 0; i < Edges; i++)
    {
        var flow = new NamedFlow
        {
            Time = now + random.NextInt64(UnixTime.Minute),
            Decision = i % 50 == 0 ? new Decision(Verdict.Dropped, DropReason.Refused) : new Decision(Verdict.Forwarded),
            Protocol = Protocol.Tcp,
            Source = default,
            Destination = new AddressPort(default, 8080),
            SourceOwner = new Owner("node-a", "shop", $"client-{i / Servers}-0", $"Deployment/client-{i / Servers}"),
            Service = new ServiceId("shop", $"server-{i % Servers}"),
            DestinationOwner = new Owner("node-b", "shop", $"server-{i % Servers}-0", $"Deployment/server-{i % Servers}"),
            Node = "node-a",
            BytesToServer = (ulong)random.Next(200, 100_000),
            BytesToClient = (ulong)random.Next(200, 10_000_000),
            HandshakeNs = (ulong)random.Next(100_000, 5_000_000),
        };
        map.Put(null, flow);
    }
}

double Query(EdgeHistory history, TimeSpan? length)
{
    List<double> times = [];
    for (int i = 0; i < 5; i++)
    {
        long began = Stopwatch.GetTimestamp();
        HistoryAnswer answer = history.Read(length is { } past ? UnixTime.Of(clock.Now - past) : 0, 0);
        times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        if (answer.Edges.Count != Edges)
            throw new InvalidOperationException($"{answer.Edges.Count} edges instead of {Edges}");
    }

    return Median(times);
}

double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
