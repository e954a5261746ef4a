using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Intake;

/// <summary>Reads the connections of host-network pods that an agent reports.</summary>
internal static class HostConnectionMessage
{
    private const int MaxUidLength = 64;

    /// <summary>The valid ones.</summary>
    public static List<HostConnection> ReadAll(IReadOnlyCollection<V1.HostConnection> messages, ReportedTime times)
    {
        var all = new List<HostConnection>(messages.Count);
        foreach (V1.HostConnection message in messages)
        {
            if (message.PodUid.Length is > 0 and <= MaxUidLength
                && SightingMessage.TryReadEndpoint(message.ServerAddress, message.ServerPort, out AddressPort server) && server.Port > 0
                && SightingMessage.TryReadEndpoint(message.AskedAddress, message.AskedPort, out AddressPort originalServer)
                && originalServer.Port > 0
                && message.ClientPort is > 0 and <= ushort.MaxValue
                && message.SocketPort is > 0 and <= ushort.MaxValue
                && times.TryRead(message.TimeUnixNs, out long time))
            {
                all.Add(new HostConnection(
                    message.PodUid, (ushort)message.ClientPort, server, (ushort)message.SocketPort, originalServer, time));
            }
        }

        return all;
    }
}
