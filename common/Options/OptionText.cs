using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Numerics;
using Microsoft.Extensions.Logging;

namespace Depmap.Common.Options;

/// <summary>Reads a value from its text.</summary>
/// <returns>What is wrong with the text and what would be right, to follow the text itself; null where nothing is.</returns>
internal delegate string? TextReading<T>(string text, out T value);

/// <summary>The kinds of text that an option's value may be.</summary>
internal static class OptionText
{
    /// <summary>The least level that is logged.</summary>
    public static readonly TextReading<LogLevel> Level = Word(
        ("debug", LogLevel.Debug), ("info", LogLevel.Information),
        ("warning", LogLevel.Warning), ("error", LogLevel.Error));

    public static string? Text(string text, out string value)
    {
        value = text;
        return null;
    }

    /// <summary>Null for the empty text.</summary>
    public static string? TextOrNone(string text, out string? value)
    {
        value = text.Length == 0 ? null : text;
        return null;
    }

    public static TextReading<int> Number(int least, int most) => (string text, out int value) =>
    {
        if (!TryWhole(text, out BigInteger number))
        {
            value = 0;
            return $"is not a number from {least} to {most}";
        }

        value = (int)BigInteger.Clamp(number, least, most);
        return value == number ? null : $"is not from {least} to {most}; the nearest is {value}";
    };

    /// <summary>A power of two, or 0.</summary>
    public static TextReading<int> PowerOfTwoOrZero(int least, int most) => (string text, out int value) =>
    {
        string wanted = $"is not a power of two from {least} to {most}, or 0";
        if (!TryWhole(text, out BigInteger number))
        {
            value = 0;
            return wanted;
        }

        int clamped = (int)BigInteger.Clamp(number, least, most);
        int below = 1 << BitOperations.Log2((uint)clamped);
        value = number.IsZero ? 0 : clamped - below < (below << 1) - clamped ? below : below << 1;
        return value == number ? null : $"{wanted}; the nearest is {value}";
    };

    /// <summary>One of a few words, in any case.</summary>
    public static TextReading<T> Word<T>(params (string Word, T Value)[] words) => (string text, out T value) =>
    {
        int at = Array.FindIndex(words, w => w.Word.Equals(text, StringComparison.OrdinalIgnoreCase));
        value = words[Math.Max(at, 0)].Value;
        if (at >= 0)
            return null;

        string wanted = $"is not {string.Join(", ", words[..^1].Select(w => w.Word))} or {words[^1].Word}";
        return NearestWord.Find(text, words.Select(w => w.Word)) is { } nearest ? $"{wanted}; the nearest is {nearest}" : wanted;
    };

    /// <summary>HOST:PORT, where an IPv6 address stands in brackets; its value is <c>http://HOST:PORT</c>.</summary>
    public static string? HostAndPort(string text, out Uri? value)
    {
        value = null;
        if (TrySplit(text, out string? host, out ushort port) && port > 0
            && Uri.CheckHostName(host) != UriHostNameType.Unknown)
        {
            value = new UriBuilder(Uri.UriSchemeHttp, host, port).Uri;
        }

        return value is null ? "is not HOST:PORT, such as depmap-relay:9471" : null;
    }

    /// <summary>ADDRESS:PORT, where an IPv6 address stands in brackets; port 0 is any that is free.</summary>
    public static string? EndPoint(string text, out IPEndPoint value)
    {
        value = new IPEndPoint(IPAddress.None, 0);
        if (!TrySplit(text, out string? host, out ushort port) || !TryAddress(host.Trim('[', ']'), out IPAddress? address))
            return "is not ADDRESS:PORT, such as 127.0.0.1:9470 or [::1]:9470";
        value = new IPEndPoint(address, port);
        return null;
    }

    /// <summary>ADDRESS:PORT, where an IPv6 address stands in brackets; null for <c>none</c>.</summary>
    public static string? EndPointOrNone(string text, out IPEndPoint? value)
    {
        value = null;
        if (text == "none")
            return null;
        return EndPoint(text, out value) is null && value.Port > 0 ? null : "is not ADDRESS:PORT or none, such as 127.0.0.1:9472";
    }

    /// <summary>Addresses between commas.</summary>
    public static string? Addresses(string text, out IReadOnlyList<IPAddress> value)
    {
        var addresses = new List<IPAddress>();
        value = addresses;
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryAddress(part, out IPAddress? address))
                return part == text ? "is not an IP address, such as 192.0.2.1" : $"lists {part}, which is not an IP address";
            addresses.Add(address);
        }

        return null;
    }

    // IPAddress also takes "10" for 0.0.0.10, as inet_aton does, and brackets, ports and scopes.
    private static bool TryAddress(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address)
        && (text.Contains(':') ? text.IndexOfAny(['[', '%']) < 0 : text.Count(c => c == '.') == 3);

    private static bool TryWhole(string text, out BigInteger number) =>
        BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static bool TrySplit(string text, [NotNullWhen(true)] out string? host, out ushort port)
    {
        int colon = text.LastIndexOf(':');
        host = colon > 0 ? text[..colon] : null;
        port = 0;
        // Without brackets, 2001:db8::1 would be read as host 2001:db8: and port 1.
        return host is not null
            && (host.Contains(':') == (host.StartsWith('[') && host.EndsWith(']')))
            && ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port);
    }
}
