namespace Depmap.Relay.Queries;

/// <summary>Limits the number of concurrent observe calls.</summary>
internal sealed class ReaderLimit
{
    public const int MaxReaders = 256;

    private int _inUse;

    /// <summary>Returns a slot to dispose of at the end of the call, or null if all are in use.</summary>
    public Slot? TryEnter()
    {
        if (Interlocked.Increment(ref _inUse) <= MaxReaders)
            return new Slot(this);
        Interlocked.Decrement(ref _inUse);
        return null;
    }

    internal sealed class Slot(ReaderLimit limit) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref limit._inUse);
    }
}
