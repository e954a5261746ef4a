using Depmap.Agent.Connections;
using Depmap.Agent.Records;

namespace Depmap.Agent.Observation;

/// <summary>
/// Recognises the packets that were not dropped by a policy but because of connection tracking. The kernel gives the same
/// reason for both, NETFILTER_DROP, but the tracker counts, and such packets have no entry.
/// </summary>
/// <param name="read">Reads the tracker's counters; null if there is no tracker.</param>
internal sealed class ConntrackDrops(Func<ConntrackCounters?> read)
{
    /// <summary>Reading takes some microseconds for each CPU.</summary>
    private const long ReadInterval = Timing.Second / 50;

    private ConntrackCounters? _now;
    private ConntrackCounters? _before;
    private ConntrackCounters? _earlier;
    private long _readAt = long.MinValue / 2;

    /// <summary>To be called once a second. A packet is compared with the counters of a second or two before.</summary>
    public void OnScan() => (_earlier, _before) = (_before, read());

    /// <summary>Sets the reason of a packet that was dropped because of connection tracking.</summary>
    /// <param name="drop">The packet.</param>
    /// <param name="reasons">The kernel's reasons.</param>
    /// <param name="now">The time; not before the packet's.</param>
    public void Explain(ref Drop drop, DropReasons reasons, long now)
    {
        bool hasEntry = drop.OriginalSourcePort.Raw != 0;
        // The entry of a packet that opens a connection is inserted when the packet leaves, after all rules.
        if (drop.Interface != 0 || (hasEntry && !drop.Leaving) || reasons.Name(drop.Reason) != "NETFILTER_DROP")
            return;
        if (now - _readAt >= ReadInterval)
            (_now, _readAt) = (read(), now);
        if (_now is not { } latest || (_earlier ?? _before) is not { } before)
            return;

        if (hasEntry)
        {
            if (latest.InsertFailed > before.InsertFailed)
                drop.Reason = DropReasons.ConntrackInsertFailed;
            return;
        }

        // A packet that opens a connection gets an entry, unless the table is full (nf_conntrack_in).
        const FlowFlags synAck = FlowFlags.Syn | FlowFlags.Ack;
        if (latest.Dropped > before.Dropped && latest.Entries >= latest.MaxEntries - (latest.MaxEntries / 16))
            drop.Reason = DropReasons.ConntrackFull;
        // A SYN-ACK whose SYN the tracker did not see, for instance because it took another way. Rules drop it (ct state invalid).
        else if ((drop.Flags & synAck) == synAck && latest.Invalid > before.Invalid)
            drop.Reason = DropReasons.ConntrackInvalid;
    }
}
