using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Finds out who opened a flow whose opening was not seen: it is older than the agent, was silent for long, or its record was
/// lost. The node's connection tracker knows, also the ends before and after translation.
/// </summary>
/// <param name="query">Asks the connection tracker; null if there is none.</param>
internal sealed class Opener(TrackerQuery? query)
{
    /// <summary>A query takes some microseconds. Beyond the limit, the answer is that nobody knows.</summary>
    private const int QueriesPerSecond = 10_000;

    // At first all flows are unknown.
    private int _queriesLeft = 65_536;

    /// <summary>To be called once a second.</summary>
    public void OnTick() => _queriesLeft = Math.Max(_queriesLeft, QueriesPerSecond);

    /// <summary>The direction of the client's packets at the pod's interface, and the tracker's entry; null if unknown.</summary>
    public (Direction FromClient, TrackedFlow Flow)? Find(in ConnectionKey key)
    {
        PacketEnds fromPod = key.Flow.FromPod();
        return Find(key.Protocol, in fromPod) is { } tracked
            ? (tracked.Original == fromPod ? Direction.FromPod : Direction.ToPod, tracked)
            : null;
    }

    /// <summary>The tracker's entry for a packet; null if unknown.</summary>
    public TrackedFlow? Find(TransportProtocol protocol, in PacketEnds packet)
    {
        if (query is null || _queriesLeft == 0)
            return null;
        _queriesLeft--;
        return query(protocol, in packet);
    }
}
