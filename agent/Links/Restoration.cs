namespace Depmap.Agent.Links;

/// <summary>What a check had to restore.</summary>
internal enum Restoration
{
    /// <summary>Nothing, or nothing that can be restored.</summary>
    None,

    /// <summary>The qdisc was removed or replaced.</summary>
    QdiscRemoved,

    /// <summary>One of our filters was removed.</summary>
    FilterRemoved,

    /// <summary>Another program's filter came before ours.</summary>
    FilterCameFirst,

    /// <summary>The kernel refused, and no program is attached.</summary>
    Failed,
}
