using System.Threading.Channels;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Ui;

/// <summary>Sends flows to a page as they happen: the last few hundred, since nobody reads more; it says how many were left out.</summary>
internal sealed class FlowFeed(RelaySource source, FilterWords filter, TimeProvider timeProvider)
{
    /// <summary>How many flows a page shows.</summary>
    public const int MaxFlows = 300;

    public const string Name = "flows";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250), RetryInterval = TimeSpan.FromSeconds(2);

    /// <param name="words">Valid for <paramref name="filter"/>.</param>
    /// <exception cref="IOException">The page is gone.</exception>
    public async Task RunAsync(string words, LineWriter page, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        long leftOut = 0;
        var flows = Channel.CreateBounded<Flow>(
            new BoundedChannelOptions(MaxFlows) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref leftOut));
        var notes = Channel.CreateBounded<string>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        Task read = ReadAsync(words, flows.Writer, notes.Writer, end.Token);
        try
        {
            while (true)
            {
                if (read.IsFaulted)
                    await read;
                await WriteAsync(flows.Reader, Interlocked.Exchange(ref leftOut, 0), notes.Reader, page, cancellationToken);
                await Task.Delay(Interval, timeProvider, cancellationToken);
            }
        }
        finally
        {
            await end.CancelAsync();
            await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task WriteAsync(
        ChannelReader<Flow> flows, long leftOut, ChannelReader<string> notes, LineWriter page, CancellationToken cancellationToken)
    {
        while (notes.TryRead(out string? note))
            await page.WriteAsync(note, cancellationToken);
        List<FlowRow> rows = [];
        while (rows.Count < MaxFlows && flows.TryRead(out Flow? flow))
            rows.Add(FlowRow.Of(flow));
        if (rows.Count > 0)
            await page.WriteAsync(FeedJson.Flows(rows, leftOut), cancellationToken);
        else
            await page.ProbeAsync(cancellationToken);
    }

    /// <summary>Ends only by cancellation, or when the period is over.</summary>
    private async Task ReadAsync(string words, ChannelWriter<Flow> flows, ChannelWriter<string> notes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Selection selection = filter.Parse(words).Value;
            var request = new ObserveRequest
            {
                Filter = selection.Filter,
                Follow = selection.Until == 0,
                SinceUnixNs = selection.Since,
                UntilUnixNs = selection.Until,
                Closes = true,
            };
            // The relay does not know objects: of all flows that it has, those of an object are chosen here.
            if (!selection.View.HasObjects)
                request.Last = MaxFlows;
            if (selection.View.OnlyDropped)
                request.Filter.Verdicts.Add(Verdict.Dropped);
            try
            {
                var watch = new FlowWatch(source, timeProvider, text => notes.TryWrite(FeedJson.Note(Name, text)));
                await foreach (ObserveResponse response in watch.ObserveAsync(request, cancellationToken))
                {
                    if (response.Flow is { } flow && IsWanted(selection.View, flow))
                        flows.TryWrite(flow);
                    else if (LostLine.Describe(response.Lost) is { } lost)
                        notes.TryWrite(FeedJson.Lost(lost));
                }

                return;
            }
            catch (Exception e) when (e is RelayException or ApiException)
            {
                notes.TryWrite(FeedJson.Problem(Name, e.Message));
                await Task.Delay(RetryInterval, timeProvider, cancellationToken);
            }
        }
    }

    /// <summary>Whether the flow is one of the objects of the map.</summary>
    private static bool IsWanted(MapView view, Flow flow)
    {
        bool IsClient(ObjectReference reference) => reference.Matches(EndIdentity.Of(flow.Source));
        bool IsServer(ObjectReference reference) => EndIdentity.Served(flow.Destination).Any(end => reference.Matches(end));
        return (view.Objects.Count == 0 || view.Objects.Any(reference => IsClient(reference) || IsServer(reference)))
            && (view.From.Count == 0 || view.From.Any(IsClient))
            && (view.To.Count == 0 || view.To.Any(IsServer));
    }
}
