using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <content>UDP conversations: who the client is, and when they end.</content>
internal sealed partial class ConnectionTracker
{
    private const int HighestSystemPort = 1023; // RFC 6335 6

    private void OnUdp(Connection? connection, in Moment moment)
    {
        if (connection is null || connection.Closed != 0 || moment.Time - connection.Last > Timing.UdpIdle)
        {
            bool isYoung = moment.Time - started < Timing.UdpIdle;
            Direction? byPorts = ClientByPorts(in moment.Key);
            bool isAnswer = isYoung && byPorts == Opposite(moment.Direction);
            Direction client = isAnswer ? Opposite(moment.Direction) : moment.Direction;
            bool guessed = isYoung && byPorts != moment.Direction;
            connection = Open(new ConnectionKey(moment.Key, moment.Protocol), client, moment.Time, isFirst: true, guessed);
            if (isAnswer && connection is not null)
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
        if (connection.IsOpening && now - connection.Opened >= Timing.UdpUnanswered)
        {
            connection.State = State.OneWay;
            table.Report(connection);
        }

        return now - connection.Last > Timing.UdpIdle;
    }

    /// <summary>
    /// A port that clients get by themselves is asked by nobody, and one for the system's own servers is no client's, not by
    /// masquerading either (net/netfilter/nf_nat_core.c keeps such ports apart); null where the two do not differ in that.
    /// </summary>
    private Direction? ClientByPorts(in FlowKey key)
    {
        int pod = Rank(key.PodPort.Number), peer = Rank(key.PeerPort.Number);
        return pod == peer ? null : pod > peer ? Direction.FromPod : Direction.ToPod;
    }

    private int Rank(int port) => port >= ephemeralPorts ? 2 : port > HighestSystemPort ? 1 : 0;
}
