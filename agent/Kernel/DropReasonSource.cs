namespace Depmap.Agent.Kernel;

/// <summary>How the reason of a drop is known on this kernel.</summary>
internal enum DropReasonSource
{
    /// <summary>Not known: drops are not reported, because most freed packets are not failed connections.</summary>
    None,

    /// <summary>By the function that dropped the packet; the agent knows some of them.</summary>
    ByPlace,

    /// <summary>By the kernel's own reason (5.17 and later).</summary>
    ByReason,
}
