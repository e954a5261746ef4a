using System.Diagnostics.CodeAnalysis;
using Depmap.V1;

namespace Depmap.Agent.Uplink;

/// <summary>
/// The batches that the relay has not acknowledged, oldest first, and how far the present stream has got with them.
/// </summary>
/// <param name="size">How many may be held.</param>
internal sealed class SendWindow(int size)
{
    private readonly List<Batch> _held = new(size);
    private int _sent;

    public bool IsEmpty => _held.Count == 0;

    public bool HasRoom => _held.Count < size;

    /// <summary>How many of those held went over the present stream.</summary>
    public int InFlight => _sent;

    /// <summary>Holds one more batch, to be sent after those held already.</summary>
    /// <exception cref="InvalidOperationException">There is no room.</exception>
    public void Add(Batch batch)
    {
        if (!HasRoom)
            throw new InvalidOperationException("The window is full.");
        _held.Add(batch);
    }

    /// <summary>The next batch that the present stream has not carried.</summary>
    public bool TryNext([NotNullWhen(true)] out Batch? batch)
    {
        batch = _sent < _held.Count ? _held[_sent++] : null;
        return batch is not null;
    }

    /// <summary>Frees all batches up to <paramref name="sequence"/>, whichever stream carried them.</summary>
    /// <returns>How many were freed.</returns>
    public int Acknowledge(ulong sequence)
    {
        int freed = 0;
        while (freed < _held.Count && _held[freed].Sequence <= sequence)
            freed++;
        _held.RemoveRange(0, freed);
        _sent = Math.Max(0, _sent - freed);
        return freed;
    }

    /// <summary>A new stream begins: all that is held is to be sent again.</summary>
    public void Rewind() => _sent = 0;
}
