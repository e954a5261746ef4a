using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Holds what was counted of flows whose opening is not known, until the second pass after. By then a record that was still
/// on its way has come, and the parts that each CPU counts alone are together: one part tells nobody's client.
/// </summary>
/// <param name="capacity">The most flows held.</param>
internal sealed class UnseenFlows(int capacity)
{
    private Dictionary<ConnectionKey, FlowGrowth> _fresh = [];
    private Dictionary<ConnectionKey, FlowGrowth> _ripe = [];

    /// <summary>Those that waited for a whole pass.</summary>
    public IReadOnlyDictionary<ConnectionKey, FlowGrowth> Ripe => _ripe;

    /// <summary>Holds it, added to what is held of that flow. False when there is no room.</summary>
    public bool TryHold(in ConnectionKey key, in FlowGrowth growth)
    {
        Dictionary<ConnectionKey, FlowGrowth> holder = _ripe.ContainsKey(key) ? _ripe : _fresh;
        if (_fresh.Count + _ripe.Count >= capacity && !holder.ContainsKey(key))
            return false;
        ref FlowGrowth held = ref CollectionsMarshal.GetValueRefOrAddDefault(holder, key, out bool exists);
        held = exists ? Sum(in held, in growth) : growth;
        return true;
    }

    /// <summary>Forgets those that were ripe; the others ripen.</summary>
    public void Pass()
    {
        _ripe.Clear();
        (_fresh, _ripe) = (_ripe, _fresh);
    }

    public void ForgetInterface(int index)
    {
        foreach (Dictionary<ConnectionKey, FlowGrowth> holder in (ReadOnlySpan<Dictionary<ConnectionKey, FlowGrowth>>)[_fresh, _ripe])
        {
            foreach (ConnectionKey key in holder.Keys)
            {
                if (key.Flow.Interface == index)
                    holder.Remove(key); // allowed while it is enumerated
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
