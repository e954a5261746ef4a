using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Queries;

/// <summary>One reader's way through the ring: what it holds that matches, then what comes. It has no queue, so it holds up nobody.</summary>
internal sealed class FlowReader(FlowRing ring, AgentRegistry agents, ChangeSignal news, ObserveRequest request)
{
    private const int Chunk = 64;

    private static readonly WriteOptions MoreFollows = new(WriteFlags.BufferHint);

    private readonly FlowFilter _filter = new(request.Filter);
    private readonly NamedFlow[] _chunk = new NamedFlow[Chunk];
    private LostTotals _lostTold;
    private ulong _missed, _missedTold;

    public async Task WriteTo(IServerStreamWriter<ObserveResponse> responses, CancellationToken cancellationToken)
    {
        ulong newest = ring.Last;
        ulong cursor = Start(newest);
        while (true)
        {
            Task next = news.Next;
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

    // The sequence to begin with, so that the last so many that match are read.
    private ulong Start(ulong newest)
    {
        // What the ring has dropped since is counted as missed.
        if (request.After is { } after && after.Ring == ring.Id)
            return Math.Min(after.Sequence, newest) + 1;
        ulong oldest = ring.First;
        if (!request.HasLast)
            return oldest;
        ulong wanted = request.Last, start = newest + 1;
        while (wanted > 0 && start > oldest)
        {
            ulong from = Math.Max(oldest, start > Chunk ? start - Chunk : 1), cursor = from;
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

    private async Task WriteFlows(IServerStreamWriter<ObserveResponse> responses, ulong cursor, ulong end, CancellationToken cancellationToken)
    {
        Flow? held = null;
        while (cursor <= end)
        {
            int count = ring.Read(ref cursor, _chunk.AsSpan(0, (int)Math.Min(Chunk, end - cursor + 1)), out ulong missed);
            _missed += missed;
            for (int i = 0; i < count; i++)
            {
                if (!Passes(_chunk[i]))
                    continue;
                // All but the last are buffered: one write to the socket serves many.
                if (held is not null)
                    await Write(responses, held, MoreFollows, cancellationToken);
                held = FlowMessage.Of(_chunk[i], cursor - (ulong)(count - i));
            }
        }

        if (held is not null)
            await Write(responses, held, null, cancellationToken);
    }

    private static Task Write(IServerStreamWriter<ObserveResponse> responses, Flow flow, WriteOptions? options, CancellationToken cancellationToken)
    {
        responses.WriteOptions = options;
        return responses.WriteAsync(new ObserveResponse { Flow = flow }, cancellationToken);
    }

    private async Task WriteLost(IServerStreamWriter<ObserveResponse> responses, CancellationToken cancellationToken)
    {
        LostTotals lost = agents.Lost;
        if (lost == _lostTold && _missed == _missedTold)
            return;
        (_lostTold, _missedTold) = (lost, _missed);
        responses.WriteOptions = null;
        await responses.WriteAsync(new ObserveResponse { Lost = new LostReport { Agents = lost.ToMessage(), Reader = _missed } }, cancellationToken);
    }

    private bool Passes(in NamedFlow flow) => flow.Time >= request.SinceUnixNs && _filter.Passes(flow);
}
