using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Google.Protobuf;

namespace Depmap.Relay.Intake;

/// <summary>Reads the DNS responses that an agent reports.</summary>
internal static class ResolutionMessage
{
    // RFC 1035 2.3.4; agents escape a character that is not printable as four.
    private const int MaxNameLength = 4 * 255;

    // An answer of 64 KiB has no more.
    private const int MaxAddresses = 4_096;

    /// <summary>The valid ones: with a client and a name of printable characters.</summary>
    public static List<Resolution> ReadAll(IReadOnlyCollection<V1.Resolution> messages, ReportedTime times)
    {
        var all = new List<Resolution>(messages.Count);
        foreach (V1.Resolution message in messages)
        {
            if (!Address.TryRead(message.ClientAddress.Span, out Address client)
                || message.Name.Length is 0 or > MaxNameLength
                || message.Name.AsSpan().ContainsAnyExceptInRange('!', '~')
                || message.Addresses.Count > MaxAddresses
                || !times.TryRead(message.TimeUnixNs, out long time))
            {
                continue;
            }

            var addresses = new List<Address>(message.Addresses.Count);
            foreach (ByteString bytes in message.Addresses)
            {
                if (Address.TryRead(bytes.Span, out Address address))
                    addresses.Add(address);
            }

            all.Add(new Resolution(client, message.Name, addresses, time));
        }

        return all;
    }
}
