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
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // Of one core, for a map that changes all the time.
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
                string line;
                try
                {
                    relay ??= await source.OpenAsync(cancellationToken);
                    (MapGraph graph, string about) = await ReadAsync(relay, filter.Parse(words).Value, cancellationToken);
                    bool isSame = drawn is not null && drawn.HasShapeOf(graph);
                    string body = isSame ? $"\"edges\":{PageData.WriteEdges(graph)}" : $"\"map\":{PageData.Write(graph)}";
                    line = $"{{{body},\"about\":{about}}}";
                    drawn = graph;
                    if (isSame && line == last)
                        line = "";
                    else if (isSame)
                        last = line;
                }
                catch (Exception e) when (e is RelayException or ApiException)
                {
                    relay?.Dispose();
                    relay = null;
                    line = last = FeedJson.Problem(e.Message);
                }

                if (line.Length > 0)
                    await page.WriteAsync(line, cancellationToken);
                else
                    await page.ProbeAsync(cancellationToken);
                TimeSpan pause = MaxShare * timeProvider.GetElapsedTime(start);
                await Task.Delay(pause > Interval ? pause : Interval, timeProvider, cancellationToken);
            }
        }
        finally
        {
            relay?.Dispose();
        }
    }

    private async Task<(MapGraph Graph, string About)> ReadAsync(Relay relay, Selection selection, CancellationToken cancellationToken)
    {
        var request = new MapRequest
        {
            Filter = selection.Filter,
            WithNodes = selection.View.NeedsNodes,
            SinceUnixNs = selection.Since,
            UntilUnixNs = selection.Until,
        };
        MapResponse map = await relay.GetMapAsync(request, cancellationToken);
        if (CountedPeriod.IsIgnored(map, selection.Since, selection.Until))
            throw new RelayException(CountedPeriod.Ignored);
        (List<Edge> edges, int hidden) = selection.View.Apply(map.Edges);
        DateTimeOffset now = timeProvider.GetUtcNow();
        string?[] notes =
        [
            edges.Count == 0 ? "no edges found" : null,
            CountedPeriod.Describe(map, selection.Since, now, timeProvider.LocalTimeZone, isForPeople: false),
            MapNote.Describe(map, hidden),
            LostLine.Describe(map.Lost, map.UnmappedFlows),
            ObservationGaps.Describe(map.Gaps),
        ];
        return (MapGraph.Of(edges), FeedJson.About(MapPeriod.Of(map, now), map.CountedUntilUnixNs > 0, [.. notes.OfType<string>()]));
    }
}
