using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Holds the counts of flows whose opening is unknown for one to two passes. By then the opening's record, if it was still
/// in the ring, has been read, and the parts that each CPU counts separately have been added up: the counts of a single CPU
/// may show one direction only.
/// </summary>
/// <param name="capacity">Maximum number of flows.</param>
internal sealed class PendingFlows(int capacity)
{
    private Dictionary<ConnectionKey, FlowGrowth> _current = [];
    private Dictionary<ConnectionKey, FlowGrowth> _due = [];

    /// <summary>The flows that have been held for a whole pass.</summary>
    public IReadOnlyDictionary<ConnectionKey, FlowGrowth> Due => _due;

    /// <summary>Adds the counts to those held for the flow. False when there is no room.</summary>
    public bool TryAdd(in ConnectionKey key, in FlowGrowth growth)
    {
        Dictionary<ConnectionKey, FlowGrowth> holder = _due.ContainsKey(key) ? _due : _current;
        if (_current.Count + _due.Count >= capacity && !holder.ContainsKey(key))
            return false;
        ref FlowGrowth held = ref CollectionsMarshal.GetValueRefOrAddDefault(holder, key, out bool exists);
        held = exists ? Sum(in held, in growth) : growth;
        return true;
    }

    /// <summary>Removes the flows that were due; the others become due.</summary>
    public void Advance()
    {
        _due.Clear();
        (_current, _due) = (_due, _current);
    }

    public void RemoveInterface(int index)
    {
        foreach (Dictionary<ConnectionKey, FlowGrowth> holder in (ReadOnlySpan<Dictionary<ConnectionKey, FlowGrowth>>)[_current, _due])
        {
            foreach (ConnectionKey key in holder.Keys)
            {
                if (key.Flow.Interface == index)
                    holder.Remove(key); // allowed during enumeration
            }
        }
    }

    private static FlowGrowth Sum(in FlowGrowth a, in FlowGrowth b) => a with
    {
        FlagsFromPod = a.FlagsFromPod | b.FlagsFromPod,
        FlagsToPod = a.FlagsToPod | b.FlagsToPod,
        Last = Math.Max(a.Last, b.Last),
        BytesFromPod = a.BytesFromPod + b.BytesFromPod,
        BytesToPod = a.BytesToPod + b.BytesToPod,
        PacketsFromPod = a.PacketsFromPod + b.PacketsFromPod,
        PacketsToPod = a.PacketsToPod + b.PacketsToPod,
    };
}
