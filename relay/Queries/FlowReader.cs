using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Queries;

/// <summary>
/// Sends a reader the matching flows of the ring, then the new ones. Has a cursor and no queue, so a slow reader does not
/// delay anything else.
/// </summary>
internal sealed class FlowReader(FlowRing ring, AgentRegistry agents, ChangeSignal changes, ObserveRequest request)
{
    private const int ChunkSize = 64;

    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);

    private readonly FlowFilter _filter = new(request.Filter);
    private readonly NamedFlow[] _chunk = new NamedFlow[ChunkSize];
    private LostTotals _reportedLost;
    private ulong _missed, _reportedMissed;

    public async Task WriteTo(IServerStreamWriter<ObserveResponse> responses, CancellationToken cancellationToken)
    {
        ulong newest = ring.Last;
        ulong cursor = FindStart(newest);
        while (true)
        {
            Task next = changes.NextChange;
            await WriteLost(responses, cancellationToken);
            ulong end = request.Follow ? ring.Last : newest;
            await WriteFlows(responses, cursor, end, cancellationToken);
            cursor = Math.Max(cursor, end + 1);
            await WriteLost(responses, cancellationToken);
            if (!request.Follow)
                return;
            await next.WaitAsync(cancellationToken);
        }
    }

    // The sequence of the first flow to send.
    private ulong FindStart(ulong newest)
    {
        // Flows that the ring has overwritten since are counted as missed.
        if (request.After is { } after && after.Ring == ring.Id)
            return Math.Min(after.Sequence, newest) + 1;
        ulong oldest = ring.First;
        if (!request.HasLast)
            return oldest;
        ulong wanted = request.Last, start = newest + 1;
        while (wanted > 0 && start > oldest)
        {
            ulong from = Math.Max(oldest, start > ChunkSize ? start - ChunkSize : 1), cursor = from;
            int count = ring.Read(ref cursor, _chunk.AsSpan(0, (int)(start - from)), out ulong missed);
            for (int i = count - 1; i >= 0; i--)
            {
                if (Passes(_chunk[i]) && --wanted == 0)
                    return from + missed + (ulong)i;
            }

            if (missed > 0)
                return from + missed;
            start = from;
        }

        return wanted == 0 ? newest + 1 : oldest;
    }

    private async Task WriteFlows(
        IServerStreamWriter<ObserveResponse> responses, ulong cursor, ulong end, CancellationToken cancellationToken)
    {
        Flow? pending = null;
        while (cursor <= end)
        {
            int count = ring.Read(ref cursor, _chunk.AsSpan(0, (int)Math.Min(ChunkSize, end - cursor + 1)), out ulong missed);
            _missed += missed;
            for (int i = 0; i < count; i++)
            {
                if (!Passes(_chunk[i]))
                    continue;
                // Buffer all but the last, so that one write to the socket sends many.
                if (pending is not null)
                    await Write(responses, pending, MoreFollows, cancellationToken);
                pending = FlowMessage.Create(_chunk[i], cursor - (ulong)(count - i));
            }
        }

        if (pending is not null)
            await Write(responses, pending, null, cancellationToken);
    }

    private static Task Write(
        IServerStreamWriter<ObserveResponse> responses, Flow flow, WriteOptions? options, CancellationToken cancellationToken)
    {
        responses.WriteOptions = options;
        return responses.WriteAsync(new ObserveResponse { Flow = flow }, cancellationToken);
    }

    private async Task WriteLost(IServerStreamWriter<ObserveResponse> responses, CancellationToken cancellationToken)
    {
        LostTotals lost = agents.Lost;
        if (lost == _reportedLost && _missed == _reportedMissed)
            return;
        (_reportedLost, _reportedMissed) = (lost, _missed);
        responses.WriteOptions = null;
        var report = new LostReport { Agents = lost.ToMessage(), Reader = _missed };
        await responses.WriteAsync(new ObserveResponse { Lost = report }, cancellationToken);
    }

    private bool Passes(in NamedFlow flow) => flow.Time >= request.SinceUnixNs && _filter.Passes(flow);
}
