using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>Converts the current state of a connection to the relay's message.</summary>
internal static class SightingWriter
{
    /// <param name="bootTime">Unix time at which CLOCK_MONOTONIC was 0, ns.</param>
    /// <param name="nodeAddresses">The node's own addresses.</param>
    public static Sighting Write(Connection connection, long bootTime, IReadOnlySet<Address> nodeAddresses)
    {
        FlowKey flow = connection.Key.Flow;
        bool podIsClient = connection.Side != Side.Server;
        Sighting sighting = new()
        {
            Id = connection.Id,
            Protocol = connection.IsTcp ? Protocol.Tcp : Protocol.Udp,
            Side = connection.Side,
            State = connection.State,
            Ended = connection.Ended,
            ClientAddress = (podIsClient ? flow.Pod : flow.Peer).ToByteString(),
            ClientPort = (podIsClient ? flow.PodPort : flow.PeerPort).Number,
            ServerAddress = (podIsClient ? flow.Peer : flow.Pod).ToByteString(),
            ServerPort = (podIsClient ? flow.PeerPort : flow.PodPort).Number,
            OpenedUnixNs = bootTime + connection.Opened,
            LastUnixNs = bootTime + connection.Last,
            BytesToServer = podIsClient ? connection.BytesFromPod : connection.BytesToPod,
            BytesToClient = podIsClient ? connection.BytesToPod : connection.BytesFromPod,
            PacketsToServer = podIsClient ? connection.PacketsFromPod : connection.PacketsToPod,
            PacketsToClient = podIsClient ? connection.PacketsToPod : connection.PacketsFromPod,
            DropReason = connection.DropReason,
            DropReasonDetail = connection.DropDetail,
            Guessed = connection.Guessed,
            Older = connection.Older,
            ClientIsNode = connection.Side == Side.Server && nodeAddresses.Contains(connection.Original?.Source ?? flow.Peer),
        };
        if (connection.InitialSequence is { } sequence)
        {
            sighting.HasInitialSequence = true;
            sighting.InitialSequence = sequence;
        }

        if (flow.Interface != 0 && connection.SameInterface is { Appeared: > 0 and var appeared })
            sighting.InterfaceSinceUnixNs = bootTime + appeared;
        if (connection is { State: State.Established, SynAck: not 0, Guessed: false })
            sighting.HandshakeNs = (ulong)(connection.SynAck - connection.Opened);
        if (connection.Original is { } original)
        {
            sighting.OriginalClientAddress = original.Source.ToByteString();
            sighting.OriginalClientPort = original.SourcePort.Number;
            sighting.OriginalServerAddress = original.Destination.ToByteString();
            sighting.OriginalServerPort = original.DestinationPort.Number;
        }

        if (connection.Translated is { } translated)
        {
            sighting.TranslatedClientAddress = translated.Source.ToByteString();
            sighting.TranslatedClientPort = translated.SourcePort.Number;
            sighting.TranslatedServerAddress = translated.Destination.ToByteString();
            sighting.TranslatedServerPort = translated.DestinationPort.Number;
        }

        return sighting;
    }
}
