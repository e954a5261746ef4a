using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <content>UDP conversations: who the client is, and when they end.</content>
internal sealed partial class ConnectionTracker
{
    /// <param name="answered">The datagram that was held until the pod sends one.</param>
    private void OnUdp(Connection? connection, in Moment moment, UnansweredPacket? answered)
    {
        if (connection is { Ended: true, Closed: 0 } && moment.Time - connection.Last <= Timing.UdpIdleTimeout)
        {
            if (Continue(connection, moment.Time) is { } next && moment.Direction != next.FromClient)
                Establish(next);
            return;
        }

        if (connection is null || connection.Closed != 0 || moment.Time - connection.Last > Timing.UdpIdleTimeout)
        {
            OpenUdp(in moment, connection is null, answered);
            return;
        }

        Touch(connection, moment.Time);
        if (moment.Direction != connection.FromClient && connection.State is not State.Established)
            Establish(connection);
    }

    /// <param name="isUnknown">There was no conversation between these ends.</param>
    private void OpenUdp(in Moment moment, bool isUnknown, UnansweredPacket? answered)
    {
        ConnectionKey key = new(moment.Key, moment.Protocol);
        (Direction sender, long opened) = answered is { } first ? (Direction.ToPod, first.Time) : (moment.Direction, moment.Time);
        Direction? byPorts = ClientByPorts(key.Flow);
        (Direction FromClient, TrackedFlow Flow)? known = IsOrdinaryRequest(in key, sender, opened) ? null : _opener.Find(in key);
        if (isUnknown && moment.Direction == Direction.ToPod && IsForFormerPod(in key, moment.Time, known?.FromClient))
        {
            _unanswered.Add(in key, new UnansweredPacket(moment.Time));
            return;
        }

        bool justStarted = opened - started < Timing.UdpIdleTimeout;
        bool isReply = known is { } opener
            ? opener.FromClient != sender
            : (justStarted || answered is not null) && byPorts == Opposite(sender);
        Direction client = isReply ? Opposite(sender) : sender;
        bool guessed = known is null && (isReply || (justStarted && byPorts != sender));
        if (Open(in key, client, opened, isFirst: true, guessed, tracked: known?.Flow) is not { } connection)
            return;
        Touch(connection, moment.Time);
        if (isReply || answered is not null)
            Establish(connection);
    }

    /// <summary>
    /// Whether the first packet seen is a client's, without asking the connection tracker: from an ephemeral port to one that
    /// is not. After a silence it may be the server's, if its ports mislead, or if the agent did not see the flow before.
    /// </summary>
    private bool IsOrdinaryRequest(in ConnectionKey key, Direction sender, long time)
    {
        (Port from, Port to) = sender == Direction.FromPod
            ? (key.Flow.PodPort, key.Flow.PeerPort)
            : (key.Flow.PeerPort, key.Flow.PodPort);
        return from.Number >= ephemeralPorts && to.Number < ephemeralPorts
            && time - started >= Timing.TrackedUdpTimeout && !_misleadingPorts.Contains(in key);
    }

    /// <summary>
    /// Whether a datagram to a pod may be a late answer to a former pod with its address. The tracker's entry is then the
    /// former pod's, or, once that has expired, one that the answer made: so where the ports show an answer, it is not asked.
    /// </summary>
    private bool IsForFormerPod(in ConnectionKey key, long time, Direction? trackedClient)
    {
        Direction? byPorts = ClientByPorts(key.Flow);
        return (byPorts == Direction.FromPod || (byPorts is null && trackedClient != Direction.ToPod))
            && table.AppearedOf(key.Flow.Interface) is > 0 and var appeared
            && time - appeared < Timing.TrackedUdpTimeout;
    }

    /// <returns>True when the conversation is over.</returns>
    private bool TimeOutUdp(Connection connection, long now)
    {
        if (connection.IsOpening && now - connection.Opened >= Timing.UdpReplyTimeout)
        {
            connection.State = State.OneWay;
            table.Report(connection);
        }

        // Later at the server's interface: its next exchange must not be one that the client's agent takes for the same one.
        long end = connection.Side == Side.Server ? Timing.DnsExchangeEndAtServer : Timing.DnsExchangeEnd;
        if (connection is { IsAnsweredDns: true, Ended: false } && now - connection.Last > end)
        {
            connection.Ended = true;
            table.Report(connection);
        }

        return now - connection.Last > Timing.UdpIdleTimeout;
    }

    /// <summary>Starts the next DNS exchange between the ends of one that is over. The kernel reports no further moment.</summary>
    private Connection? Continue(Connection former, long time) =>
        Open(former.Key, former.FromClient, time, isFirst: true, former.Guessed);

    /// <summary>
    /// Guesses the client by port ranges. Servers do not listen on ephemeral ports, and clients do not use system ports, not
    /// even when masqueraded (net/netfilter/nf_nat_core.c keeps the ranges apart). Null if both ports are in the same range.
    /// </summary>
    private Direction? ClientByPorts(FlowKey key)
    {
        int pod = PortRange(key.PodPort), peer = PortRange(key.PeerPort);
        return pod == peer ? null : pod > peer ? Direction.FromPod : Direction.ToPod;
    }

    private int PortRange(Port port) => port.Number >= ephemeralPorts ? 2 : port.IsSystem ? 0 : 1;
}
