namespace Depmap.Agent.Links;

/// <summary>
/// Where our filter stands among those of one direction. Pure: the kernel's list is given, which is in the order in which
/// filters run (by priority, and within one the newest of a BPF filter first: cls_bpf_walk and cls_bpf_classify take the
/// same list).
/// </summary>
internal readonly struct FilterOrder
{
    // Packets start in chain 0; they come to another only by a filter that sends them there.
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

    /// <summary>Null when there is none.</summary>
    public ClsactFilter? Ours { get; } = null;

    /// <summary>A filter of others sees packets before ours, and may accept, drop or redirect them.</summary>
    public bool IsPreceded => _before.Length > 0;

    /// <summary>Removed and added again, ours would come before at least one filter that precedes it now.</summary>
    public bool CanMoveUp
    {
        get
        {
            uint place = FirstFreePriority();
            return place != 0 && _before.Any(filter => filter.Priority >= place);
        }
    }

    /// <summary>The priority at which <see cref="Clsact.AddFilter"/> would succeed, if ours were not there; 0 for none.</summary>
    private uint FirstFreePriority()
    {
        for (uint priority = 1; priority <= Clsact.LastPriority; priority++)
        {
            if (Array.TrueForAll(_chain, filter => filter.Priority != priority || filter.LeavesRoomForOurs))
                return priority;
        }

        return 0;
    }
}
