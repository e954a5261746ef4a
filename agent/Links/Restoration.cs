namespace Depmap.Agent.Links;

/// <summary>What a check had to put right.</summary>
internal enum Restoration
{
    /// <summary>Nothing, or nothing that could be put right.</summary>
    None,

    /// <summary>The qdisc was removed or replaced.</summary>
    QdiscRemoved,

    /// <summary>A filter of ours was removed.</summary>
    FilterRemoved,

    /// <summary>A filter of others came before ours.</summary>
    FilterCameFirst,

    /// <summary>The kernel refused, and no program is left.</summary>
    Failed,
}
