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

    private readonly Dictionary<Ends, long> _seen = [];
    private readonly Queue<Ends> _order = new();
    private ulong _ring, _sequence;
    private long _newest;
    private bool _isAny, _isOther;

    /// <summary>Whether the relay is not the one before: what that one alone knew is gone.</summary>
    public bool IsOther => _isOther;

    /// <summary>What to ask a relay that has just been found.</summary>
    public ObserveRequest Request(StatusResponse status)
    {
        ObserveRequest request = asked.Clone();
        bool isFirst = _ring == 0 && !_isAny;
        bool isSame = status.Ring != 0 && status.Ring == _ring;
        _isOther = !isFirst && !isSame;
        _ring = status.Ring;
        if (isFirst)
        {
            _sequence = status.FlowsPublished;
            return request;
        }

        bool fromNow = asked is { HasLast: true, Last: 0 };
        if (!_isAny && !fromNow)
            return request;
        request.ClearLast();
        if (isSame)
            request.After = new Position { Ring = _ring, Sequence = _sequence };
        else
            request.SinceUnixNs = Math.Max(asked.SinceUnixNs, _isAny ? _newest - Overlap : start);
        return request;
    }

    /// <summary>Takes note of a flow.</summary>
    /// <returns>False where the reader has had it, from the relay before.</returns>
    public bool IsNew(Flow flow)
    {
        var ends = new Ends(flow.Protocol, flow.Source.Ip, flow.Source.Port, flow.Destination.Ip, flow.Destination.Port);
        bool isKnown = _seen.TryGetValue(ends, out long before);
        if (!isKnown)
            _order.Enqueue(ends);
        bool isSeen = isKnown && _isOther && Math.Abs(flow.TimeUnixNs - before) < SameTime;
        _seen[ends] = flow.TimeUnixNs;
        if (_order.Count > Remembered)
            _seen.Remove(_order.Dequeue());
        (_isAny, _sequence, _newest) = (true, flow.Sequence, Math.Max(_newest, flow.TimeUnixNs));
        return !isSeen;
    }

    private readonly record struct Ends(Protocol Protocol, string Source, uint SourcePort, string Destination, uint DestinationPort);
}
