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

    // A relay holds 16,384 flows by default, and a flow has up to two addresses of its server.
    private const int MaxRemembered = 2 * 16_384;

    private readonly Dictionary<Key, long> _seen = [];
    private readonly Queue<Key> _order = new();
    private ulong _ring, _sequence, _closeSequence;
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
        _closeSequence = isSame ? _closeSequence : 0;
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
            (request.After, request.AfterClose) = (new Position { Ring = _ring, Sequence = _sequence }, _closeSequence);
        else
            request.SinceUnixNs = Math.Max(original.SinceUnixNs, _hasSeenFlow ? _newest - Overlap : start);
        return request;
    }

    /// <summary>Records a flow.</summary>
    /// <returns>False if the reader has already received it from the previous relay.</returns>
    public bool IsNew(Flow flow)
    {
        // Only one relay publishes the end of a flow, which it then forgets.
        if (flow.ClosedUnixNs > 0)
        {
            _closeSequence = flow.Sequence;
            return true;
        }

        Endpoint server = flow.Destination;
        var key = new Key(flow.Protocol, flow.Verdict, flow.Source.Ip, flow.Source.Port, server.Ip, server.Port);
        bool isRepeated = Remember(key, flow.TimeUnixNs);
        // The next relay may know only the server's side, which has no address of a service.
        if (server.PodIp.Length > 0)
            isRepeated |= Remember(key with { Destination = server.PodIp, DestinationPort = server.PodPort }, flow.TimeUnixNs);
        (_hasSeenFlow, _sequence, _newest) = (true, flow.Sequence, Math.Max(_newest, flow.TimeUnixNs));
        return !(isRepeated && _isOtherRelay);
    }

    /// <returns>Whether this key has been remembered with about the same time.</returns>
    private bool Remember(Key key, long time)
    {
        bool isKnown = _seen.TryGetValue(key, out long previous);
        _seen[key] = time;
        if (!isKnown)
            _order.Enqueue(key);
        if (_order.Count > MaxRemembered)
            _seen.Remove(_order.Dequeue());
        return isKnown && Math.Abs(time - previous) < MaxTimeDifference;
    }

    private readonly record struct Key(
        Protocol Protocol, Verdict Verdict, string Source, uint SourcePort, string Destination, uint DestinationPort);
}
