using Depmap.Relay.Flows;

namespace Depmap.Relay.Queries;

/// <summary>The last published flows. One writer; each reader has its own cursor and no queue.</summary>
/// <param name="capacity">Number of flows; the oldest is overwritten.</param>
internal class FlowRing(int capacity)
{
    private readonly Lock _lock = new();
    private readonly NamedFlow[] _flows = new NamedFlow[capacity];
    private ulong _last;

    /// <summary>Distinguishes this ring's sequences from those of another relay process; never 0.</summary>
    public ulong Id { get; } = (ulong)Random.Shared.NextInt64(1, long.MaxValue);

    /// <summary>The sequence of the newest flow; 0 before the first.</summary>
    public ulong Last
    {
        get
        {
            lock (_lock)
                return _last;
        }
    }

    /// <summary>The sequence of the oldest flow in the ring.</summary>
    public ulong First
    {
        get
        {
            lock (_lock)
                return GetOldest();
        }
    }

    public void Add(in NamedFlow flow)
    {
        lock (_lock)
            _flows[(int)(_last++ % (ulong)_flows.Length)] = flow;
    }

    /// <summary>Copies flows and moves the cursor past the copied and the overwritten ones.</summary>
    /// <param name="cursor">The sequence to read next.</param>
    /// <param name="into">Receives as many flows as fit.</param>
    /// <param name="missed">The number of flows that were already overwritten.</param>
    /// <returns>The number of copied flows; the first one has sequence <paramref name="cursor"/> minus this number.</returns>
    public int Read(ref ulong cursor, Span<NamedFlow> into, out ulong missed)
    {
        lock (_lock)
        {
            ulong from = Math.Max(cursor, GetOldest());
            missed = from - cursor;
            int count = (int)Math.Min((ulong)into.Length, _last + 1 - Math.Min(from, _last + 1));
            for (int i = 0; i < count; i++)
                into[i] = _flows[(int)((from + (ulong)i - 1) % (ulong)_flows.Length)];
            cursor = from + (ulong)count;
            return count;
        }
    }

    private ulong GetOldest() => _last > (ulong)_flows.Length ? _last - (ulong)_flows.Length + 1 : 1;
}
