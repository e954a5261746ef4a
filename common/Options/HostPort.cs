using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Depmap.Common.Options;

/// <summary>A host and a port, written <c>HOST:PORT</c>.</summary>
/// <param name="Host">A DNS name, an IPv4 address, or an IPv6 address without brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal readonly record struct HostPort(string Host, int Port)
{
    /// <summary>Parses <c>HOST:PORT</c>. An IPv6 address must be in brackets.</summary>
    public static bool TryParse(string text, out HostPort address)
    {
        address = default;
        int colon = text.LastIndexOf(':');
        if (colon <= 0
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || port == 0)
        {
            return false;
        }

        string host = text[..colon];
        bool bracketed = host is ['[', .., ']'];
        if (bracketed)
            host = host[1..^1];
        // RFC 3986 3.2.2: brackets are for IPv6 addresses only, and required for them.
        bool valid = bracketed
            ? IPAddress.TryParse(host, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
        if (valid)
            address = new HostPort(host, port);
        return valid;
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
