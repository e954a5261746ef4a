using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Queries;

/// <summary>
/// Sends a reader the matching flows of the ring, then the new ones; on request also their ends, in the order of publication. Has
/// cursors and no queue, so a slow reader does not delay anything else.
/// </summary>
internal sealed class FlowReader(
    FlowRing ring,
    CloseRing closeRing,
    AgentRegistry agents,
    RelayLost relayLost,
    ChangeSignal changes,
    ObserveRequest request,
    ServingWorkloads serving)
{
    private const int ChunkSize = 64;

    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);

    private readonly FlowFilter _filter = new(request.Filter, serving);
    private LostTotals _reportedLost;
    private RelayLost.Totals _reportedRelayLost = new(0, 0);
    private ulong _missed, _reportedMissed;
    private ulong _left = request.First > 0 ? request.First : ulong.MaxValue;

    public async Task WriteTo(IServerStreamWriter<ObserveResponse> responses, CancellationToken cancellationToken)
    {
        // In this order: the flow of each end that is read is read too.
        ulong newestClose = closeRing.Last, newest = ring.Last;
        ulong start = FindStart(newest);
        var flows = new RingCursor(ring, start);
        RingCursor? closes = request.Closes ? new RingCursor(closeRing, FindCloseStart(start, newestClose)) : null;
        while (true)
        {
            Task next = changes.NextChange;
            await WriteLost(responses, cancellationToken);
            if (request.Follow)
                (newestClose, newest) = (closeRing.Last, ring.Last);
            await WriteFlows(responses, flows, newest, closes, newestClose, cancellationToken);
            _missed = flows.Missed + (closes?.Missed ?? 0);
            await WriteLost(responses, cancellationToken);
            if (!request.Follow || _left == 0)
                return;
            await next.WaitAsync(cancellationToken);
        }
    }

    private bool IsContinued => request.After is { } after && after.Ring == ring.Id;

    // The sequence of the first flow to send.
    private ulong FindStart(ulong newest)
    {
        // Flows that the ring has overwritten since are counted as missed.
        if (IsContinued)
            return Math.Min(request.After.Sequence, newest) + 1;
        ulong oldest = ring.First;
        if (!request.HasLast)
            return oldest;
        var chunk = new NamedFlow[ChunkSize];
        ulong wanted = request.Last, start = newest + 1;
        while (wanted > 0 && start > oldest)
        {
            ulong from = Math.Max(oldest, start > ChunkSize ? start - ChunkSize : 1), cursor = from;
            int count = ring.Read(ref cursor, chunk.AsSpan(0, (int)(start - from)), out ulong missed);
            for (int i = count - 1; i >= 0; i--)
            {
                if (Passes(chunk[i]) && --wanted == 0)
                    return from + missed + (ulong)i;
            }

            if (missed > 0)
                return from + missed;
            start = from;
        }

        return wanted == 0 ? newest + 1 : oldest;
    }

    // The sequence of the first end to send: of the last flows, those that were published after the first of these.
    private ulong FindCloseStart(ulong start, ulong newest)
    {
        if (IsContinued)
            return Math.Min(request.AfterClose, newest) + 1;
        if (!request.HasLast)
            return closeRing.First;
        var closes = new RingCursor(closeRing, closeRing.First);
        while (closes.HasCurrent(newest) && closes.Current.Close!.AfterFlow < start)
            closes.MoveNext();
        return Math.Min(closes.Sequence, newest + 1);
    }

    private async Task WriteFlows(
        IServerStreamWriter<ObserveResponse> responses,
        RingCursor flows,
        ulong end,
        RingCursor? closes,
        ulong endOfCloses,
        CancellationToken cancellationToken)
    {
        Flow? pending = null;
        while (_left > 0 && FindNext(flows, end, closes, endOfCloses) is { } next)
        {
            if (Passes(next.Current))
            {
                // Buffer all but the last, so that one write to the socket sends many.
                if (pending is not null)
                    await Write(responses, pending, MoreFollows, cancellationToken);
                _left--;
                pending = FlowMessage.Create(next.Current, next.Sequence);
            }

            next.MoveNext();
        }

        if (pending is not null)
            await Write(responses, pending, null, cancellationToken);
    }

    // The cursor whose current flow was published first; null if there is none.
    private static RingCursor? FindNext(RingCursor flows, ulong end, RingCursor? closes, ulong endOfCloses)
    {
        bool hasFlow = flows.HasCurrent(end);
        if (closes?.HasCurrent(endOfCloses) == true && (!hasFlow || closes.Current.Close!.AfterFlow < flows.Sequence))
            return closes;
        return hasFlow ? flows : null;
    }

    private static Task Write(
        IServerStreamWriter<ObserveResponse> responses, Flow flow, WriteOptions? options, CancellationToken cancellationToken)
    {
        responses.WriteOptions = options;
        return responses.WriteAsync(new ObserveResponse { Flow = flow }, cancellationToken);
    }

    private async Task WriteLost(IServerStreamWriter<ObserveResponse> responses, CancellationToken cancellationToken)
    {
        (LostTotals lost, RelayLost.Totals byRelay) = (agents.Lost, relayLost.Current);
        if (lost == _reportedLost && byRelay == _reportedRelayLost && _missed == _reportedMissed)
            return;
        (_reportedLost, _reportedRelayLost, _reportedMissed) = (lost, byRelay, _missed);
        responses.WriteOptions = null;
        await responses.WriteAsync(new ObserveResponse { Lost = LostMessage.Create(lost, byRelay, _missed) }, cancellationToken);
    }

    private bool Passes(in NamedFlow flow)
    {
        long time = flow.Close?.Time ?? flow.Time;
        return time >= request.SinceUnixNs && (request.UntilUnixNs == 0 || time < request.UntilUnixNs) && _filter.Passes(flow);
    }
}
