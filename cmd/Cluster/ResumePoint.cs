using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Cluster;

/// <summary>The position of a reader in the stream of flows, to continue with the same relay or another.</summary>
/// <param name="original">The reader's original request.</param>
/// <param name="start">The time of that request, Unix time in nanoseconds.</param>
internal sealed class ResumePoint(ObserveRequest original, long start)
{
    // A relay publishes a connection attempt without an answer after two minutes.
    private const long Overlap = 5 * UnixTime.Minute;

    // Two nodes' clocks may differ this much for the same connection. No client reuses a port this soon.
    private const long MaxTimeDifference = UnixTime.Second;

    // A relay holds this many flows by default.
    private const int MaxRemembered = 16_384;

    private readonly Dictionary<Ends, long> _seen = [];
    private readonly Queue<Ends> _order = new();
    private ulong _ring, _sequence;
    private long _newest;
    private bool _hasSeenFlow, _isOtherRelay;

    /// <summary>Whether the current relay is not the previous one. Flows that only the previous one had are then lost.</summary>
    public bool IsOtherRelay => _isOtherRelay;

    /// <summary>The request for a relay that was just connected.</summary>
    public ObserveRequest NextRequest(StatusResponse status)
    {
        ObserveRequest request = original.Clone();
        bool isFirst = _ring == 0 && !_hasSeenFlow;
        bool isSame = status.Ring != 0 && status.Ring == _ring;
        _isOtherRelay = !isFirst && !isSame;
        _ring = status.Ring;
        if (isFirst)
        {
            _sequence = status.FlowsPublished;
            return request;
        }

        bool fromNow = original is { HasLast: true, Last: 0 };
        if (!_hasSeenFlow && !fromNow)
            return request;
        request.ClearLast();
        if (isSame)
            request.After = new Position { Ring = _ring, Sequence = _sequence };
        else
            request.SinceUnixNs = Math.Max(original.SinceUnixNs, _hasSeenFlow ? _newest - Overlap : start);
        return request;
    }

    /// <summary>Records a flow.</summary>
    /// <returns>False if the reader has already received it from the previous relay.</returns>
    public bool IsNew(Flow flow)
    {
        var ends = new Ends(flow.Protocol, flow.Source.Ip, flow.Source.Port, flow.Destination.Ip, flow.Destination.Port);
        bool isKnown = _seen.TryGetValue(ends, out long time);
        if (!isKnown)
            _order.Enqueue(ends);
        bool isDuplicate = isKnown && _isOtherRelay && Math.Abs(flow.TimeUnixNs - time) < MaxTimeDifference;
        _seen[ends] = flow.TimeUnixNs;
        if (_order.Count > MaxRemembered)
            _seen.Remove(_order.Dequeue());
        (_hasSeenFlow, _sequence, _newest) = (true, flow.Sequence, Math.Max(_newest, flow.TimeUnixNs));
        return !isDuplicate;
    }

    private readonly record struct Ends(Protocol Protocol, string Source, uint SourcePort, string Destination, uint DestinationPort);
}
