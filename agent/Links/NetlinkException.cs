namespace Depmap.Agent.Links;

/// <summary>A netlink request failed, or a file descriptor could not be created.</summary>
internal sealed class NetlinkException(string operation, int error) : IOException($"{operation}: {LibC.Describe(error)}")
{
    /// <summary>The errno.</summary>
    public int Error { get; } = error;
}
