namespace Depmap.Agent.Links;

/// <summary>How programs are attached to an interface.</summary>
internal enum AttachMode
{
    /// <summary>BPF links (kernel 6.6 and later): they end with the process, even if it is killed.</summary>
    Tcx,

    /// <summary>Filters of a clsact qdisc: if the process is killed, they stay until the next start removes them.</summary>
    Clsact,
}
