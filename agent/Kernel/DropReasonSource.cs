namespace Depmap.Agent.Kernel;

/// <summary>How this kernel explains that it threw a packet away.</summary>
internal enum DropReasonSource
{
    /// <summary>Not at all: drops are not reported, for most are no failed connection.</summary>
    None,

    /// <summary>By the function that did it: the agent knows some of them.</summary>
    ByPlace,

    /// <summary>By a reason (kernel 5.17).</summary>
    ByReason,
}
