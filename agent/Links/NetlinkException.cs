namespace Depmap.Agent.Links;

/// <summary>A request that the kernel refused, or a descriptor for one that failed.</summary>
internal sealed class NetlinkException(string doing, int error) : IOException($"{doing}: {LibC.Describe(error)}")
{
    /// <summary>The errno.</summary>
    public int Error { get; } = error;
}
