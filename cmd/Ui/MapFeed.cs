using Depmap.Common;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Output;
using Depmap.Plugin.Pictures;
using Depmap.V1;

namespace Depmap.Plugin.Ui;

/// <summary>
/// Sends the map to a page, and what changes in it: the drawing if nodes or edges came or went, else only the edges with their counts.
/// </summary>
internal sealed class MapFeed(RelaySource source, FilterWords filter, TimeProvider timeProvider)
{
    public const string Name = "map";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2), LongInterval = TimeSpan.FromSeconds(15);

    /// <summary>From here on, a period changes little from one request to the next, and costs the relay more.</summary>
    private static readonly long LongPeriod = 60 * UnixTime.Minute;

    // Of one core, for a large map that changes all the time.
    private const int MaxShare = 10;

    /// <param name="words">Valid for <paramref name="filter"/>.</param>
    /// <exception cref="IOException">The page is gone.</exception>
    public async Task RunAsync(string words, LineWriter page, CancellationToken cancellationToken)
    {
        Relay? relay = null;
        MapGraph? drawn = null;
        string last = "";
        try
        {
            while (true)
            {
                long start = timeProvider.GetTimestamp();
                Selection selection = filter.Parse(words).Value;
                bool isRead = false;
                string line;
                try
                {
                    relay ??= await source.OpenAsync(cancellationToken);
                    (MapGraph graph, string about) = await ReadAsync(relay, selection, cancellationToken);
                    string body = drawn is not null && drawn.HasShapeOf(graph)
                        ? $"\"edges\":{PageData.WriteEdges(graph)}"
                        : $"\"map\":{PageData.Write(graph)}";
                    (line, drawn, isRead) = ($"{{\"feed\":\"{Name}\",{body},\"about\":{about}}}", graph, true);
                }
                catch (Exception e) when (e is RelayException or ApiException)
                {
                    relay?.Dispose();
                    relay = null;
                    line = FeedJson.Problem(Name, e.Message);
                }

                TimeSpan took = timeProvider.GetElapsedTime(start);
                if (line != last)
                    await page.WriteAsync(line, cancellationToken);
                last = line;
                await WaitAsync(isRead, selection, took, page, cancellationToken);
            }
        }
        finally
        {
            relay?.Dispose();
        }
    }

    private async Task WaitAsync(bool isRead, Selection selection, TimeSpan took, LineWriter page, CancellationToken cancellationToken)
    {
        bool isLong = selection.Since > 0 && timeProvider.UnixNanoseconds() - selection.Since > LongPeriod;
        TimeSpan pause = isRead && isLong ? LongInterval : Interval;
        if (isRead && MaxShare * took > pause)
            pause = MaxShare * took;
        // What was counted until then does not change any more.
        bool isOver = isRead && selection.Until > 0;
        long start = timeProvider.GetTimestamp();
        while (isOver || timeProvider.GetElapsedTime(start) < pause)
        {
            await Task.Delay(Interval, timeProvider, cancellationToken);
            await page.ProbeAsync(cancellationToken);
        }
    }

    private async Task<(MapGraph Graph, string About)> ReadAsync(Relay relay, Selection selection, CancellationToken cancellationToken)
    {
        var request = new MapRequest
        {
            Filter = selection.Filter,
            WithNodes = selection.View.NeedsNodes,
            IncludeMulticast = selection.IncludesMulticast,
            SinceUnixNs = selection.Since,
            UntilUnixNs = selection.Until,
        };
        MapResponse map = await relay.GetMapAsync(request, cancellationToken);
        if (CountedPeriod.IsIgnored(map, selection.Since, selection.Until))
            throw new RelayException(CountedPeriod.Ignored);
        (List<Edge> edges, int hidden) = selection.View.Apply(map.Edges);
        string?[] notes =
        [
            edges.Count == 0 ? "no edges found" : null,
            CountedPeriod.IsTooEarly(map) ? CountedPeriod.TooEarly(map, timeProvider.LocalTimeZone)
                : CountedPeriod.IsShorter(map, selection.Since) ? "nothing older is kept" : null,
            map.HistoryProblem.Length > 0 ? $"warning: {map.HistoryProblem}" : null,
            MapNote.Describe(map, hidden),
            LostLine.Describe(map.Lost, map.UnmappedFlows),
            ObservationGaps.Describe(map.Gaps),
        ];
        MapPeriod period = MapPeriod.Of(map, timeProvider.GetUtcNow());
        return (MapGraph.Of(edges), FeedJson.About(period, map.CountedUntilUnixNs > 0, [.. notes.OfType<string>()]));
    }
}
