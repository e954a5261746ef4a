using System.Diagnostics.CodeAnalysis;
using Depmap.V1;

namespace Depmap.Agent.Uplink;

/// <summary>The batches that the relay has not acknowledged, oldest first, and how many of them the current stream has sent.</summary>
/// <param name="size">Maximum number of batches.</param>
internal sealed class SendWindow(int size)
{
    private readonly List<Batch> _held = new(size);
    private int _sent;

    public bool IsEmpty => _held.Count == 0;

    public bool HasRoom => _held.Count < size;

    /// <summary>Number of batches sent on the current stream.</summary>
    public int InFlight => _sent;

    /// <summary>Adds a batch behind those already held.</summary>
    /// <exception cref="InvalidOperationException">The window is full.</exception>
    public void Add(Batch batch)
    {
        if (!HasRoom)
            throw new InvalidOperationException("The window is full.");
        _held.Add(batch);
    }

    /// <summary>Takes the next batch that the current stream has not sent.</summary>
    public bool TryNext([NotNullWhen(true)] out Batch? batch)
    {
        batch = _sent < _held.Count ? _held[_sent++] : null;
        return batch is not null;
    }

    /// <summary>Removes all batches up to <paramref name="sequence"/>, whichever stream sent them.</summary>
    /// <returns>Number of batches removed.</returns>
    public int Acknowledge(ulong sequence)
    {
        int freed = 0;
        while (freed < _held.Count && _held[freed].Sequence <= sequence)
            freed++;
        _held.RemoveRange(0, freed);
        _sent = Math.Max(0, _sent - freed);
        return freed;
    }

    /// <summary>Starts a new stream: all batches are sent again.</summary>
    public void Rewind() => _sent = 0;
}
