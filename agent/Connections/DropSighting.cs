using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>The opening that a dropped packet belonged to, as seen from its client.</summary>
internal readonly record struct DropSighting(
    ConnectionKey Key,
    uint? InitialSequence,
    DropReason Reason,
    string Detail,
    PacketEnds? Original,
    bool IsReply)
{
    /// <summary>Null if the packet says nothing about an opening, or if another record says more.</summary>
    public static DropSighting? Of(in Drop drop, DropReasons reasons, ConnectionTable table, Opener opener)
    {
        string name = reasons.Name(drop.Reason);
        bool isTcp = drop.Protocol == TransportProtocol.Tcp;
        bool noSocket = name == "NO_SOCKET";
        if (noSocket && isTcp)
            return null; // the RST that follows is seen at the interface
        if (GoesToClient(in drop, table, opener) is not { } isReply || (isReply && !isTcp))
            return null; // a reply to a socket that is already closed is not a failed conversation

        FlowKey flow = isReply
            ? new(drop.Destination, drop.Source, drop.DestinationPort, drop.SourcePort, 0)
            : new(drop.Source, drop.Destination, drop.SourcePort, drop.DestinationPort, 0);
        uint? sequence = !drop.Flags.HasFlag(FlowFlags.Syn) ? null : isReply ? drop.TcpAcknowledgement - 1 : drop.TcpSequence;
        PacketEnds? original = drop.OriginalSourcePort.Raw == 0
            ? null
            : new(drop.OriginalSource, drop.OriginalSourcePort, drop.OriginalDestination, drop.OriginalDestinationPort);
        // One detail for a closed port, whether or not the kernel sent its ICMP error (icmp_ratelimit).
        string detail = noSocket ? "PORT_UNREACHABLE" : name;
        return new(new ConnectionKey(flow, drop.Protocol), sequence, reasons.Meaning(drop.Reason), detail, original, isReply);
    }

    /// <summary>Whether the packet went from the server to the client; null if unknown.</summary>
    private static bool? GoesToClient(in Drop drop, ConnectionTable table, Opener opener)
    {
        if (drop.Flags.HasFlag(FlowFlags.Syn))
            return drop.Flags.HasFlag(FlowFlags.Ack);
        if (drop.OriginalSourcePort.Raw != 0)
        {
            bool sameSource = drop.Source == drop.OriginalSource && drop.SourcePort == drop.OriginalSourcePort;
            bool sameDestination = drop.Destination == drop.OriginalDestination && drop.DestinationPort == drop.OriginalDestinationPort;
            return !sameSource && !sameDestination;
        }

        // Pods usually have no conntrack, but the packet has just passed the pod's interface.
        FlowKey inbound = new(drop.Destination, drop.Source, drop.DestinationPort, drop.SourcePort, drop.Interface);
        if (table.TryGet(new ConnectionKey(inbound, drop.Protocol), out Connection? connection))
            return connection.Side == Side.Client;
        if (drop.Interface != 0)
            return null;

        // Dropped before connection tracking. A request that was dropped before is known.
        FlowKey request = new(drop.Source, drop.Destination, drop.SourcePort, drop.DestinationPort, 0);
        if (table.TryGet(new ConnectionKey(request, drop.Protocol), out _))
            return false;
        PacketEnds packet = new(drop.Source, drop.SourcePort, drop.Destination, drop.DestinationPort);
        return opener.Find(drop.Protocol, in packet) is { } tracked
            ? tracked.Original != packet
            : drop.SourcePort.IsSystem && !drop.DestinationPort.IsSystem;
    }
}
