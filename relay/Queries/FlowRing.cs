using Depmap.Relay.Flows;

namespace Depmap.Relay.Queries;

/// <summary>The flows published last. One stage writes, readers follow by a cursor of their own and have no queue.</summary>
/// <param name="capacity">Flows held; the oldest make room.</param>
internal sealed class FlowRing(int capacity)
{
    private readonly Lock _lock = new();
    private readonly NamedFlow[] _flows = new NamedFlow[capacity];
    private ulong _last;

    /// <summary>Tells this ring's sequences from those of another start of the relay; never 0.</summary>
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

    /// <summary>The sequence of the oldest flow held.</summary>
    public ulong First
    {
        get
        {
            lock (_lock)
                return OldestHeld();
        }
    }

    public void Add(in NamedFlow flow)
    {
        lock (_lock)
            _flows[(int)(_last++ % (ulong)_flows.Length)] = flow;
    }

    /// <summary>Copies flows from a sequence on; moves the cursor past those copied, and past those that are gone.</summary>
    /// <param name="cursor">The sequence to read next.</param>
    /// <param name="into">As many as fit are copied.</param>
    /// <param name="missed">How many the ring had already overwritten.</param>
    /// <returns>How many were copied; the first has sequence <paramref name="cursor"/> less this.</returns>
    public int Read(ref ulong cursor, Span<NamedFlow> into, out ulong missed)
    {
        lock (_lock)
        {
            ulong from = Math.Max(cursor, OldestHeld());
            missed = from - cursor;
            int count = (int)Math.Min((ulong)into.Length, _last + 1 - Math.Min(from, _last + 1));
            for (int i = 0; i < count; i++)
                into[i] = _flows[(int)((from + (ulong)i - 1) % (ulong)_flows.Length)];
            cursor = from + (ulong)count;
            return count;
        }
    }

    private ulong OldestHeld() => _last > (ulong)_flows.Length ? _last - (ulong)_flows.Length + 1 : 1;
}
