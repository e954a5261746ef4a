namespace Depmap.Relay.Cluster;

/// <summary>What this relay has asked of the API server since it started.</summary>
internal sealed class ApiUsage
{
    private long _lists, _watches, _bytes;

    /// <summary>Pages of lists.</summary>
    public long Lists => Interlocked.Read(ref _lists);
    public long Watches => Interlocked.Read(ref _watches);

    /// <summary>Of the answers' bodies.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void AddList() => Interlocked.Increment(ref _lists);

    public void AddWatch() => Interlocked.Increment(ref _watches);

    public void AddBytes(long count) => Interlocked.Add(ref _bytes, count);
}
