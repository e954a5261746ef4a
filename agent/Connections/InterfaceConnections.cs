using Depmap.Common;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>The connections of one interface, in the order in which they are evicted.</summary>
internal sealed class InterfaceConnections
{
    // Whatever is left of them is not worth a connection that opens now.
    private readonly ChangeOrder<Connection> _over = new();

    // UDP conversations, failures, and half-open connections.
    private readonly ChangeOrder<Connection> _brief = new();

    // Established TCP connections.
    private readonly ChangeOrder<Connection> _open = new();

    /// <summary>Number of connections, including those that are only held for a last report.</summary>
    public int Count { get; set; }

    /// <summary>Since when the interface leads to a pod, CLOCK_MONOTONIC in ns; 0 if unknown.</summary>
    public long Appeared { get; set; }

    /// <summary>To be called when the connection was added, had a packet, or changed its state.</summary>
    public void MoveToEnd(Connection connection) => OrderOf(connection).MoveToEnd(connection);

    /// <summary>The connection to evict first. Its state was reported. Null if all are still needed.</summary>
    public Connection? FindVictim(long now)
    {
        return Evictable(_over, Timing.MinSilenceAfterEnd)
            ?? Evictable(_brief, Timing.MinSilenceOfBrief)
            ?? Evictable(_open, Timing.MinSilenceOfOpen);

        Connection? Evictable(ChangeOrder<Connection> order, long silence) =>
            order.First is { Queued: false } first && now - first.Last >= silence && !IsUndecided(first) ? first : null;
    }

    /// <summary>An unanswered connection soon fails (<see cref="Timing.SynTimeout"/>): that is still to be reported.</summary>
    private static bool IsUndecided(Connection connection) => connection is { IsTcp: true, IsOpening: true, Side: Side.Client };

    private ChangeOrder<Connection> OrderOf(Connection connection) =>
        connection.Ended || connection.IsAnsweredDns ? _over
        : connection is { IsTcp: true, State: State.Established } ? _open
        : _brief;
}
