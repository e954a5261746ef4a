using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>
/// Remembers which of the last openings found no room in the table, so that a connection is counted as lost once: not for
/// each retransmission of its SYN, nor at both of the interfaces that it passes on this node. Both see the client's address
/// and the SYN's sequence number (or, for UDP without a service, the same ends). Fixed memory, 768 KiB; the entry of another
/// opening may be overwritten, and then a connection is counted twice.
/// </summary>
internal sealed class RecentOpenings
{
    private const int Capacity = 1 << 15;

    private readonly Entry[] _entries = new Entry[Capacity];

    /// <summary>Whether a connection without room is to be counted as lost.</summary>
    public bool IsFirstLoss(Connection connection)
    {
        ulong ends = EndsOf(connection);
        ref Entry entry = ref _entries[ends % Capacity];
        bool isKnown = entry.Ends == ends && IsSame(in entry, connection);
        if (!isKnown || entry.Lost)
            entry = new Entry { Ends = ends, Sequence = connection.InitialSequence ?? 0, Time = connection.Opened, Lost = true };
        return !isKnown;
    }

    /// <summary>Whether a connection that found room was counted as lost. Remembers that it is not.</summary>
    public bool WasLost(Connection connection)
    {
        ulong ends = EndsOf(connection);
        ref Entry entry = ref _entries[ends % Capacity];
        bool wasLost = entry.Ends == ends && entry.Lost && IsSame(in entry, connection);
        if (wasLost)
            entry.Lost = false;
        else if (!connection.IsTcp || connection.InitialSequence is not null)
            entry = new Entry { Ends = ends, Sequence = connection.InitialSequence ?? 0, Time = connection.Opened };
        return wasLost;
    }

    private static bool IsSame(in Entry entry, Connection connection)
    {
        long age = connection.Opened - entry.Time;
        if (connection.IsTcp)
            return age <= Timing.SynExpiry && (connection.InitialSequence ?? entry.Sequence) == entry.Sequence;
        return age <= (entry.Lost ? Timing.UdpIdleTimeout : Timing.UdpReplyTimeout);
    }

    private static ulong EndsOf(Connection connection)
    {
        FlowKey flow = connection.Key.Flow;
        bool podIsClient = connection.Side != Side.Server;
        ulong hash = Mix((ulong)connection.Key.Protocol, podIsClient ? flow.Pod : flow.Peer, podIsClient ? flow.PodPort : flow.PeerPort);
        return connection.IsTcp ? hash : Mix(hash, podIsClient ? flow.Peer : flow.Pod, podIsClient ? flow.PeerPort : flow.PodPort);
    }

    private static ulong Mix(ulong hash, Address address, Port port)
    {
        hash = (hash ^ address.First) * 0x9e3779b97f4a7c15;
        hash = (hash ^ hash >> 32 ^ address.Second) * 0xc2b2ae3d27d4eb4f;
        hash = (hash ^ hash >> 32 ^ port.Raw) * 0x165667b19e3779f9;
        return hash ^ hash >> 32;
    }

    private struct Entry
    {
        public ulong Ends;
        public long Time;
        public uint Sequence;
        public bool Lost;
    }
}
