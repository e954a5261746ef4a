namespace Depmap.Agent.Links;

/// <summary>
/// The position of our filter among those of one direction. Pure: the caller passes the kernel's list, which is in the
/// order in which filters run (by priority; within a priority the newest BPF filter first: cls_bpf_walk and
/// cls_bpf_classify use the same list).
/// </summary>
internal readonly struct FilterOrder
{
    // Packets start in chain 0; they reach another chain only if a filter sends them there.
    private const uint FirstChain = 0;

    private readonly ClsactFilter[] _chain;
    private readonly ClsactFilter[] _before = [];

    public FilterOrder(IEnumerable<ClsactFilter> filters)
    {
        _chain = [.. filters.Where(filter => filter.Chain == FirstChain)];
        int ours = Array.FindIndex(_chain, filter => filter.IsOurs);
        if (ours < 0)
            return;
        Ours = _chain[ours];
        _before = [.. _chain[..ours].Where(filter => !filter.IsHeading)];
    }

    /// <summary>Our filter; null if there is none.</summary>
    public ClsactFilter? Ours { get; } = null;

    /// <summary>Another program's filter sees packets before ours and may accept, drop or redirect them.</summary>
    public bool IsPreceded => _before.Length > 0;

    /// <summary>If removed and added again, ours would come before at least one filter that now precedes it.</summary>
    public bool CanMoveUp
    {
        get
        {
            uint place = FirstFreePriority();
            return place != 0 && _before.Any(filter => filter.Priority >= place);
        }
    }

    /// <summary>The priority at which <see cref="Clsact.AddFilter"/> would succeed without our filter; 0 for none.</summary>
    private uint FirstFreePriority()
    {
        for (uint priority = 1; priority <= Clsact.LastPriority; priority++)
        {
            if (Array.TrueForAll(_chain, filter => filter.Priority != priority || filter.AllowsOursAtSamePriority))
                return priority;
        }

        return 0;
    }
}
