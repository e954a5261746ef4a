namespace Depmap.Agent.Links;

/// <summary>How programs are attached to an interface.</summary>
internal enum AttachMode
{
    /// <summary>By BPF links, kernel 6.6 and later: they end with the process that holds them, however it ends.</summary>
    Tcx,

    /// <summary>As filters of a clsact qdisc: they stay when the process is killed, until the next one removes them.</summary>
    Clsact,
}
