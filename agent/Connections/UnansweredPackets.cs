using System.Runtime.InteropServices;

namespace Depmap.Agent.Connections;

/// <summary>
/// Holds SYN-ACKs and datagrams that a pod may not expect: they can still be under way when their pod is gone and another
/// one has its address. Only what the pod sends then shows that they were meant for it.
/// </summary>
/// <param name="capacity">Maximum number of flows.</param>
internal sealed class UnansweredPackets(int capacity)
{
    private readonly Dictionary<ConnectionKey, (UnansweredPacket First, long Last)> _held = [];

    /// <summary>Holds a packet, unless an equal one is held. Ignored if there is no room.</summary>
    public void Add(in ConnectionKey key, UnansweredPacket packet)
    {
        if (_held.Count >= capacity && !_held.ContainsKey(key))
            return;
        ref (UnansweredPacket First, long Last) held = ref CollectionsMarshal.GetValueRefOrAddDefault(_held, key, out bool exists);
        bool isRepeated = exists && held.First.InitialSequence == packet.InitialSequence;
        held = (isRepeated ? held.First : packet, packet.Time);
    }

    public bool Contains(in ConnectionKey key) => _held.ContainsKey(key);

    /// <summary>Removes the packet held for a flow. Null if there is none.</summary>
    public UnansweredPacket? Take(in ConnectionKey key) => _held.Count > 0 && _held.Remove(key, out var held) ? held.First : null;

    /// <summary>Removes flows without a packet for a minute.</summary>
    public void Expire(long now)
    {
        foreach ((ConnectionKey key, (_, long last)) in _held)
        {
            if (now - last > Timing.UdpIdleTimeout)
                _held.Remove(key); // allowed during enumeration
        }
    }
}
