using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Depmap.Common.Options;

/// <summary>The parsers that the options of all programs share.</summary>
internal static class OptionParsers
{
    /// <summary>The minimum level to log.</summary>
    public static readonly Choice<MsLogLevel> LogLevel = new(
        ("debug", MsLogLevel.Debug), ("info", MsLogLevel.Information),
        ("warning", MsLogLevel.Warning), ("error", MsLogLevel.Error));

    public static Parsed<string> Text(string text) => text;

    /// <summary>Null if the text is empty.</summary>
    public static Parsed<string?> OptionalText(string text) => text.Length == 0 ? null : text;

    /// <summary>A whole number in a range.</summary>
    public static Parser<T> Number<T>(T min, T max)
        where T : IBinaryInteger<T>, IMinMaxValue<T> => text =>
        T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T? number) && number >= min && number <= max
            ? number
            : Parsed<T>.Invalid(max == T.MaxValue ? $"use a whole number, {min} or more" : $"use a number from {min} to {max}");

    /// <summary>A power of two in a range, or 0.</summary>
    public static Parser<int> PowerOfTwoOrZero(int min, int max) => text =>
    {
        string use = $"use a power of two from {min} to {max}, or 0";
        // Of any length, so that the nearest valid value can be suggested.
        if (!BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number))
            return Parsed<int>.Invalid(use);

        int clamped = (int)BigInteger.Clamp(number, min, max);
        int below = 1 << BitOperations.Log2((uint)clamped);
        int nearest = number.IsZero ? 0 : clamped - below < (below << 1) - clamped ? below : below << 1;
        return nearest == number ? nearest : Parsed<int>.Invalid($"{use}; the nearest is {nearest}");
    };

    /// <summary>A duration longer than zero, such as <c>1h30m</c>.</summary>
    public static Parsed<TimeSpan> Duration(string text) =>
        GoDuration.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero
            ? duration
            : Parsed<TimeSpan>.Invalid("use a duration such as 90s, 5m or 1h30m");

    /// <summary>HOST:PORT. An IPv6 address must be in brackets.</summary>
    public static Parsed<HostPort> HostPort(string text) => Options.HostPort.TryParse(text, out HostPort address)
        ? address
        : Parsed<HostPort>.Invalid("use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470");

    /// <summary>HOST:PORT, as the URI <c>http://HOST:PORT</c>.</summary>
    public static Parsed<Uri?> HttpAddress(string text) => Options.HostPort.TryParse(text, out HostPort address)
        ? new UriBuilder(Uri.UriSchemeHttp, address.Host, address.Port).Uri
        : Parsed<Uri?>.Invalid("use HOST:PORT, such as depmap-relay:9471");

    /// <summary>
    /// ADDRESS:PORT. An IPv6 address must be in brackets; <c>[::]</c> is any address, IPv4 as well; port 0 means any free port.
    /// </summary>
    public static Parsed<IPEndPoint> EndPoint(string text) => TryEndPoint(text, out IPEndPoint? endPoint)
        ? endPoint
        : Parsed<IPEndPoint>.Invalid("use ADDRESS:PORT, such as 127.0.0.1:9470 or [::1]:9470");

    /// <summary>ADDRESS:PORT, or null for <c>none</c>.</summary>
    public static Parsed<IPEndPoint?> EndPointOrNone(string text)
    {
        if (text == "none")
            return new Parsed<IPEndPoint?>(null, null);
        return TryEndPoint(text, out IPEndPoint? endPoint) && endPoint.Port > 0
            ? endPoint
            : Parsed<IPEndPoint?>.Invalid("use ADDRESS:PORT or none, such as 127.0.0.1:9472");
    }

    /// <summary>IP addresses, separated by commas.</summary>
    public static Parsed<IReadOnlyList<IPAddress>> Addresses(string text)
    {
        var addresses = new List<IPAddress>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryAddress(part, out IPAddress? address))
            {
                return Parsed<IReadOnlyList<IPAddress>>.Invalid(
                    part == text ? "use an IP address, such as 192.0.2.1" : $"{part} is not an IP address");
            }

            addresses.Add(address);
        }

        return new Parsed<IReadOnlyList<IPAddress>>(addresses, null);
    }

    /// <summary>An IP address, or addresses with a common prefix in CIDR notation.</summary>
    public static Parsed<string> AddressOrRange(string text)
    {
        string[] parts = text.Split('/', 2);
        return TryAddress(parts[0], out _) && (parts.Length == 1 || IPNetwork.TryParse(text, out _))
            ? text
            : Parsed<string>.Invalid("use an IP address or a CIDR, such as 192.0.2.1 or 10.0.0.0/8");
    }

    private static bool TryEndPoint(string text, [NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        // Without brackets, 2001:db8::1 would be parsed as host 2001:db8: and port 1.
        if (host.Contains(':') == host is ['[', .., ']']
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && TryAddress(host.Trim('[', ']'), out IPAddress? address))
        {
            // A kernel without IPv6 (ipv6.disable=1) has no such sockets.
            bool isAny = address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6;
            endPoint = new IPEndPoint(isAny ? IPAddress.Any : address, port);
        }

        return endPoint is not null;
    }

    // IPAddress.TryParse also accepts "10" as 0.0.0.10 (like inet_aton), and brackets, ports and scopes.
    private static bool TryAddress(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address)
        && (text.Contains(':') ? text.IndexOfAny(['[', '%']) < 0 : text.Count(c => c == '.') == 3);
}
