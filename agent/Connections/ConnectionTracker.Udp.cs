using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <content>UDP conversations: who the client is, and when they end.</content>
internal sealed partial class ConnectionTracker
{
    private const int MaxSystemPort = 1023; // RFC 6335 6

    private void OnUdp(Connection? connection, in Moment moment)
    {
        if (connection is null || connection.Closed != 0 || moment.Time - connection.Last > Timing.UdpIdleTimeout)
        {
            bool justStarted = moment.Time - started < Timing.UdpIdleTimeout;
            Direction? byPorts = ClientByPorts(in moment.Key);
            bool isReply = justStarted && byPorts == Opposite(moment.Direction);
            Direction client = isReply ? Opposite(moment.Direction) : moment.Direction;
            bool guessed = justStarted && byPorts != moment.Direction;
            connection = Open(new ConnectionKey(moment.Key, moment.Protocol), client, moment.Time, isFirst: true, guessed);
            if (isReply && connection is not null)
                Establish(connection);
            return;
        }

        connection.Last = Math.Max(connection.Last, moment.Time);
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

        return now - connection.Last > Timing.UdpIdleTimeout;
    }

    /// <summary>
    /// Guesses the client by port ranges. Servers do not listen on ephemeral ports, and clients do not use system ports, not
    /// even when masqueraded (net/netfilter/nf_nat_core.c keeps the ranges apart). Null if both ports are in the same range.
    /// </summary>
    private Direction? ClientByPorts(in FlowKey key)
    {
        int pod = PortRange(key.PodPort.Number), peer = PortRange(key.PeerPort.Number);
        return pod == peer ? null : pod > peer ? Direction.FromPod : Direction.ToPod;
    }

    private int PortRange(int port) => port >= ephemeralPorts ? 2 : port > MaxSystemPort ? 1 : 0;
}
