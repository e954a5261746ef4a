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
                && Address.TryRead(message.ServerAddress.Span, out Address server)
                && message.ClientPort is > 0 and <= ushort.MaxValue
                && message.ServerPort is > 0 and <= ushort.MaxValue)
            {
                all.Add(new HostConnection(
                    message.PodUid, (ushort)message.ClientPort, new AddressPort(server, (ushort)message.ServerPort), message.TimeUnixNs));
            }
        }

        return all;
    }
}
