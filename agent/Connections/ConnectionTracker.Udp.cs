using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <content>UDP conversations: who the client is, and when they end.</content>
internal sealed partial class ConnectionTracker
{

    private void OnUdp(Connection? connection, in Moment moment)
    {
        if (connection is { Ended: true, Closed: 0 } && moment.Time - connection.Last <= Timing.UdpIdleTimeout)
        {
            if (Continue(connection, moment.Time) is { } next && moment.Direction != next.FromClient)
                Establish(next);
            return;
        }

        if (connection is null || connection.Closed != 0 || moment.Time - connection.Last > Timing.UdpIdleTimeout)
        {
            ConnectionKey key = new(moment.Key, moment.Protocol);
            bool justStarted = moment.Time - started < Timing.UdpIdleTimeout;
            Direction? byPorts = ClientByPorts(in moment.Key);
            // Where the ports do not show that the sender is the client, it may be the server, after a silence.
            (Direction FromClient, TrackedFlow Flow)? known = byPorts == moment.Direction ? null : _opener.Find(in key);
            bool isReply = known is { } opener
                ? opener.FromClient != moment.Direction
                : justStarted && byPorts == Opposite(moment.Direction);
            Direction client = isReply ? Opposite(moment.Direction) : moment.Direction;
            bool guessed = justStarted && known is null && byPorts != moment.Direction;
            connection = Open(in key, client, moment.Time, isFirst: true, guessed, tracked: known?.Flow);
            if (isReply && connection is not null)
                Establish(connection);
            return;
        }

        Touch(connection, moment.Time);
        if (moment.Direction != connection.FromClient && connection.State is not State.Established)
            Establish(connection);
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
    private Direction? ClientByPorts(in FlowKey key)
    {
        int pod = PortRange(key.PodPort), peer = PortRange(key.PeerPort);
        return pod == peer ? null : pod > peer ? Direction.FromPod : Direction.ToPod;
    }

    private int PortRange(Port port) => port.Number >= ephemeralPorts ? 2 : port.IsSystem ? 0 : 1;
}
