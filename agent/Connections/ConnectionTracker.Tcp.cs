using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <content>The handshake and the end of a TCP connection (RFC 9293 3.5 and 3.6).</content>
internal sealed partial class ConnectionTracker
{
    /// <summary>RFC 7413: data in the SYN is acknowledged with it.</summary>
    private const int MaxFastOpenData = 65535;

    /// <param name="answered">The SYN-ACK that was held until the pod sends something.</param>
    private void OnTcp(Connection? connection, in Moment moment, UnansweredPacket? answered)
    {
        if (moment.Flags.HasFlag(FlowFlags.Syn))
        {
            if (moment.Flags.HasFlag(FlowFlags.Ack))
                OnSynAck(connection, in moment);
            else
                OnSyn(connection, in moment);
            return;
        }

        if (answered is { } synAck && Answers(in moment, in synAck, connection))
            connection = OpenFromSynAck(new ConnectionKey(moment.Key, moment.Protocol), in synAck);
        if (connection is null || connection.Closed != 0)
            return;
        Touch(connection, moment.Time);
        bool fromClient = moment.Direction == connection.FromClient;
        if (moment.Flags.HasFlag(FlowFlags.Rst))
        {
            OnReset(connection, fromClient, in moment);
            return;
        }

        // A client sends no ACK before it has the SYN-ACK.
        if (connection.State is not State.Established && fromClient && moment.Flags.HasFlag(FlowFlags.Ack))
            Establish(connection);
        if (!moment.Flags.HasFlag(FlowFlags.Fin))
            return;
        if (moment.Direction == Direction.FromPod)
            connection.FinFromPod = true;
        else
            connection.FinToPod = true;
        if (connection is { FinFromPod: true, FinToPod: true })
            connection.Closed = moment.Time;
    }

    private void OnSyn(Connection? connection, in Moment moment)
    {
        if (connection is not null && moment.Direction == connection.FromClient)
        {
            if (connection.InitialSequence == moment.TcpSequence)
            {
                connection.SynRetransmits++;
                connection.LastSyn = moment.Time;
                Touch(connection, moment.Time);
                return;
            }

            if (connection is { IsOpening: true, InitialSequence: null, Closed: 0 })
            {
                // Opened from its counts, because the record of the first SYN was lost.
                connection.InitialSequence = moment.TcpSequence;
                connection.LastSyn = moment.Time;
                Touch(connection, moment.Time);
                return;
            }
        }
        else if (connection is { Closed: 0 } && IsUnanswered(connection))
        {
            return; // a simultaneous open (RFC 9293 3.5): the sender of the first SYN stays the client
        }

        ConnectionKey key = new(moment.Key, moment.Protocol);
        if (Open(in key, moment.Direction, moment.Time, isFirst: true, sequence: moment.TcpSequence) is { } opened)
            opened.LastSyn = moment.Time;
    }

    private void OnSynAck(Connection? connection, in Moment moment)
    {
        bool fromServer = connection is null || moment.Direction != connection.FromClient;
        if (connection is null || (fromServer && !AcknowledgesSyn(connection, in moment)))
        {
            // The SYN was not seen, but its SYN-ACK shows who sent it.
            ConnectionKey key = new(moment.Key, moment.Protocol);
            uint sequence = moment.TcpAcknowledgement - 1; // RFC 9293 3.5
            if (moment.Direction == Direction.ToPod && (connection is null || IsUnanswered(connection)))
            {
                // Or a former pod with this address sent it. Then the pod sends a RST at most.
                _unanswered.Add(in key, new UnansweredPacket(moment.Time, sequence));
                return;
            }

            connection = Open(in key, Opposite(moment.Direction), moment.Time, isFirst: false, sequence: sequence);
            if (connection is null)
                return;
        }

        if (connection.Closed != 0)
            return; // a late packet
        Touch(connection, moment.Time);
        if (fromServer)
            connection.InitialSequence ??= moment.TcpAcknowledgement - 1;
        if (connection.State is State.Established)
            return;
        if (connection.SynAck == 0)
            connection.SynAck = moment.Time;
        // At the client's interface the SYN-ACK has arrived. At the server's it may still be lost: wait for the client's ACK.
        // In a simultaneous open, both ends' SYN-ACKs arrive as well.
        if (moment.Direction == Direction.ToPod)
            Establish(connection);
    }

    private void OnReset(Connection connection, bool fromClient, in Moment moment)
    {
        if (IsUnanswered(connection))
        {
            if (connection.SynAck != 0)
                Establish(connection); // the handshake completed before the reset
            else if (fromClient || !AcknowledgesSyn(connection, in moment))
                return; // about an earlier connection: the client keeps trying (RFC 5961 4.2, RFC 9293 3.10.7.3)
            else
                Fail(connection, DropReason.Refused, "");
        }

        connection.Closed = moment.Time;
    }

    /// <summary>Whether a packet from the pod shows that the pod sent the SYN of a SYN-ACK.</summary>
    private static bool Answers(in Moment moment, in UnansweredPacket synAck, Connection? connection) =>
        !moment.Flags.HasFlag(FlowFlags.Rst)
        && (connection is null || moment.TcpSequence - 1 - synAck.InitialSequence <= MaxFastOpenData);

    private Connection? OpenFromSynAck(in ConnectionKey key, in UnansweredPacket synAck) =>
        Open(in key, Direction.FromPod, synAck.Time, isFirst: false, sequence: synAck.InitialSequence);

    /// <summary>Whether the packet acknowledges the client's SYN, and not that of another connection between these endpoints.</summary>
    private static bool AcknowledgesSyn(Connection connection, in Moment moment) =>
        connection.InitialSequence is not { } sent || moment.TcpAcknowledgement - 1 - sent <= MaxFastOpenData;

    /// <returns>True when nothing more is expected of a handshake that never completed.</returns>
    private bool TimeOutTcp(Connection connection, long now)
    {
        if (!connection.IsOpening)
            return false;
        if (IsOverdue(connection, now))
        {
            Fail(connection, DropReason.Timeout, "");
            return false;
        }

        return now - connection.Last > Timing.SynExpiry;
    }

    /// <summary>It is opening, or was until it timed out: a late answer is still possible.</summary>
    private static bool IsUnanswered(Connection connection) =>
        connection.IsOpening || connection is { State: State.Dropped, DropReason: DropReason.Timeout };

    private static bool IsOverdue(Connection connection, long now) =>
        connection is { Side: Side.Client, SynAck: 0 }
        && (connection.SynRetransmits >= Timing.SynRetransmitsBeforeTimeout
            ? now - connection.Opened > Timing.RetransmittedSynTimeout
            : now - connection.LastSyn > Timing.SynTimeout);
}
