using Depmap.Relay.Flows;
using Depmap.V1;
using Google.Protobuf;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Intake;

/// <summary>Reads an agent's sightings. Use one instance for each stream: it shares the strings of drop reasons.</summary>
internal sealed class SightingMessage
{
    // Agents send a few hundred.
    private const int MaxPerBatch = 8_192;
    private const int MaxReasons = 256;
    private const int MaxReasonLength = 64;

    // 64 PiB: sums over all flows of an edge do not overflow. No handshake takes an hour.
    private const ulong MaxBytes = 1UL << 56;
    private const ulong MaxHandshakeNs = 60 * (ulong)UnixTime.Minute;

    private readonly Dictionary<string, string> _reasons = [];

    /// <summary>The valid ones.</summary>
    public List<Sighting> ReadAll(IReadOnlyCollection<V1.Sighting> messages, ReportedTime times)
    {
        var all = new List<Sighting>(Math.Min(messages.Count, MaxPerBatch));
        foreach (V1.Sighting message in messages)
        {
            if (all.Count < MaxPerBatch && TryRead(message, times, out Sighting sighting))
                all.Add(sighting);
        }

        return all;
    }

    /// <summary>
    /// Returns false for an invalid one: without addresses, protocol, side or state, with a port above 65535, or with times or
    /// totals that no flow can have.
    /// </summary>
    private bool TryRead(V1.Sighting message, ReportedTime times, out Sighting sighting)
    {
        sighting = default;
        if (message.Protocol is not (Protocol.Tcp or Protocol.Udp)
            || message.Side is not (Side.Client or Side.Server or Side.Node)
            || message.State is not (State.Opening or State.Established or State.OneWay or State.Dropped)
            || !TryReadEndpoint(message.ClientAddress, message.ClientPort, out AddressPort client)
            || !TryReadEndpoint(message.ServerAddress, message.ServerPort, out AddressPort server)
            || !times.TryRead(message.OpenedUnixNs, out long opened)
            || !times.TryRead(message.LastUnixNs, out long lastSeen)
            || Math.Max(message.BytesToServer, message.BytesToClient) > MaxBytes
            || Math.Max(message.PacketsToServer, message.PacketsToClient) > MaxBytes
            || message.HandshakeNs > MaxHandshakeNs)
        {
            return false;
        }

        sighting = new Sighting
        {
            Id = message.Id,
            Protocol = message.Protocol,
            Side = message.Side,
            State = message.State,
            Client = client,
            Server = server,
            Opened = opened,
            LastSeen = Math.Max(lastSeen, opened),
            Ended = message.Ended,
            InitialSequence = message is { HasInitialSequence: true, Protocol: Protocol.Tcp } ? message.InitialSequence : null,
            HandshakeNs = message.HandshakeNs,
            BytesToServer = message.BytesToServer,
            BytesToClient = message.BytesToClient,
            PacketsToServer = message.PacketsToServer,
            PacketsToClient = message.PacketsToClient,
            // Only newer agents know further reasons; the detail still has the kernel's name.
            DropReason = message.DropReason is >= DropReason.Unspecified and <= DropReason.Kernel ? message.DropReason : DropReason.Kernel,
            DropDetail = message.DropReasonDetail.Length == 0 ? null : Intern(message.DropReasonDetail),
            Guessed = message.Guessed,
            Older = message.Older,
            InterfaceSince = message.InterfaceSinceUnixNs > 0 && times.TryRead(message.InterfaceSinceUnixNs, out long since) ? since : null,
            ClientIsNode = message.ClientIsNode && message.Side == Side.Server,
            Original = message.Side == Side.Client ? null : ReadEndpoints(
                message.OriginalClientAddress,
                message.OriginalClientPort,
                message.OriginalServerAddress,
                message.OriginalServerPort),
            Translated = message.Side != Side.Client ? null : ReadEndpoints(
                message.TranslatedClientAddress,
                message.TranslatedClientPort,
                message.TranslatedServerAddress,
                message.TranslatedServerPort),
        };
        return true;
    }

    private static (AddressPort Client, AddressPort Server)? ReadEndpoints(
        ByteString client, uint clientPort, ByteString server, uint serverPort) =>
        TryReadEndpoint(client, clientPort, out AddressPort source) && TryReadEndpoint(server, serverPort, out AddressPort destination)
            ? (source, destination)
            : null;

    /// <summary>Returns false without an address, or with a port above 65535.</summary>
    public static bool TryReadEndpoint(ByteString bytes, uint port, out AddressPort end)
    {
        end = default;
        if (port > ushort.MaxValue || !Address.TryRead(bytes.Span, out Address address))
            return false;
        end = new AddressPort(address, (ushort)port);
        return true;
    }

    private string Intern(string reason)
    {
        if (_reasons.TryGetValue(reason, out string? shared))
            return shared;
        shared = reason.Length > MaxReasonLength ? reason[..MaxReasonLength] : reason;
        if (_reasons.Count < MaxReasons)
            _reasons.Add(shared, shared);
        return shared;
    }
}
