namespace Depmap.Relay.Queries;

/// <summary>Bounds how many observe at once.</summary>
internal sealed class ReaderLimit
{
    public const int Most = 256;

    private int _present;

    /// <summary>A place to be disposed of at the end, or null where all are taken.</summary>
    public Place? Enter()
    {
        if (Interlocked.Increment(ref _present) <= Most)
            return new Place(this);
        Interlocked.Decrement(ref _present);
        return null;
    }

    internal sealed class Place(ReaderLimit limit) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref limit._present);
    }
}
