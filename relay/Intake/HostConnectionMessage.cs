using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Intake;

/// <summary>Reads an agent's connections of pods on its node's network.</summary>
internal static class HostConnectionMessage
{
    private const int LongestUid = 64;

    /// <summary>Those that make sense.</summary>
    public static List<HostConnection> ReadAll(IReadOnlyCollection<V1.HostConnection> messages)
    {
        var all = new List<HostConnection>(messages.Count);
        foreach (V1.HostConnection message in messages)
        {
            if (message.PodUid.Length is > 0 and <= LongestUid
                && SightingMessage.TryReadEnd(message.ServerAddress, message.ServerPort, out AddressPort server) && server.Port > 0
                && SightingMessage.TryReadEnd(message.AskedAddress, message.AskedPort, out AddressPort asked) && asked.Port > 0
                && message.ClientPort is > 0 and <= ushort.MaxValue
                && message.SocketPort is > 0 and <= ushort.MaxValue)
            {
                all.Add(new HostConnection(message.PodUid, (ushort)message.ClientPort, server, (ushort)message.SocketPort, asked, message.TimeUnixNs));
            }
        }

        return all;
    }
}
