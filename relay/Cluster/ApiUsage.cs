namespace Depmap.Relay.Cluster;

/// <summary>The relay's requests to the API server since it started.</summary>
internal sealed class ApiUsage
{
    private long _lists, _watches, _bytes;

    /// <summary>List requests; each page is one.</summary>
    public long Lists => Interlocked.Read(ref _lists);
    public long Watches => Interlocked.Read(ref _watches);

    /// <summary>Bytes of the response bodies.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public void AddList() => Interlocked.Increment(ref _lists);

    public void AddWatch() => Interlocked.Increment(ref _watches);

    public void AddBytes(long count) => Interlocked.Add(ref _bytes, count);
}
