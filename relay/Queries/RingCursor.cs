using Depmap.Relay.Flows;

namespace Depmap.Relay.Queries;

/// <summary>Reads a ring in order, some flows at a time. What is overwritten meanwhile is counted.</summary>
/// <param name="ring">The ring to read.</param>
/// <param name="start">The sequence of the first flow to read.</param>
internal sealed class RingCursor(FlowRing ring, ulong start)
{
    private const int ChunkSize = 64;

    private readonly NamedFlow[] _chunk = new NamedFlow[ChunkSize];
    private ulong _cursor = start;
    private int _next, _count;

    /// <summary>The number of flows that were overwritten before they were read.</summary>
    public ulong Missed { get; private set; }

    /// <summary>The flow to read next, if <see cref="HasCurrent"/>.</summary>
    public ref readonly NamedFlow Current => ref _chunk[_next];

    /// <summary>The sequence of <see cref="Current"/>.</summary>
    public ulong Sequence => _cursor - (ulong)(_count - _next);

    /// <summary>Whether there is a flow to read.</summary>
    /// <param name="end">The sequence of the last flow to read.</param>
    public bool HasCurrent(ulong end)
    {
        if (_next < _count)
            return true;
        if (_cursor > end)
            return false;
        _next = 0;
        _count = ring.Read(ref _cursor, _chunk.AsSpan(0, (int)Math.Min(ChunkSize, end - _cursor + 1)), out ulong missed);
        Missed += missed;
        return _count > 0;
    }

    public void MoveNext() => _next++;
}
