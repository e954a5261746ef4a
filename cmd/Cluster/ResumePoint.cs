using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>How far a reader has come, so that it can go on with the same relay or with another.</summary>
/// <param name="asked">What it wanted at first.</param>
/// <param name="start">When, Unix time in nanoseconds.</param>
internal sealed class ResumePoint(ObserveRequest asked, long start)
{
    // A connection to nobody is given up after two minutes, and published then.
    private const long Overlap = 5 * 60 * 1_000_000_000L;

    // Two nodes that saw the same opening may differ by so much; no client opens from the same port again so soon.
    private const long SameTime = 1_000_000_000;

    /// <summary>As many as a relay holds.</summary>
    private const int Remembered = 16_384;

    private readonly Dictionary<Ends, long> seen = [];
    private readonly Queue<Ends> order = new();
    private ulong ring, sequence;
    private long newest;
    private bool isAny, isOther;

    /// <summary>Whether the relay is not the one before: what that one alone knew is gone.</summary>
    public bool IsOther => isOther;

    /// <summary>What to ask a relay that has just been found.</summary>
    public ObserveRequest Request(StatusResponse status)
    {
        ObserveRequest request = asked.Clone();
        bool isFirst = ring == 0 && !isAny;
        bool isSame = status.Ring != 0 && status.Ring == ring;
        isOther = !isFirst && !isSame;
        ring = status.Ring;
        if (isFirst)
        {
            sequence = status.FlowsPublished;
            return request;
        }

        bool fromNow = asked is { HasLast: true, Last: 0 };
        if (!isAny && !fromNow)
            return request;
        request.ClearLast();
        if (isSame)
            request.After = new Position { Ring = ring, Sequence = sequence };
        else
            request.SinceUnixNs = Math.Max(asked.SinceUnixNs, isAny ? newest - Overlap : start);
        return request;
    }

    /// <summary>Takes note of a flow.</summary>
    /// <returns>False where the reader has had it, from the relay before.</returns>
    public bool IsNew(Flow flow)
    {
        var ends = new Ends(flow.Protocol, flow.Source.Ip, flow.Source.Port, flow.Destination.Ip, flow.Destination.Port);
        bool isKnown = seen.TryGetValue(ends, out long before);
        if (!isKnown)
            order.Enqueue(ends);
        bool isSeen = isKnown && isOther && Math.Abs(flow.TimeUnixNs - before) < SameTime;
        seen[ends] = flow.TimeUnixNs;
        if (order.Count > Remembered)
            seen.Remove(order.Dequeue());
        (isAny, sequence, newest) = (true, flow.Sequence, Math.Max(newest, flow.TimeUnixNs));
        return !isSeen;
    }

    private readonly record struct Ends(Protocol Protocol, string Source, uint SourcePort, string Destination, uint DestinationPort);
}
