using System.Globalization;

namespace Depmap.Relay.Flows;

/// <summary>The addresses with a common prefix, written <c>10.0.0.0/8</c>.</summary>
/// <param name="Prefix">The number of common bits of an IPv6 address; 96 more than in the text for IPv4, which is stored mapped.</param>
internal readonly record struct AddressRange(Address First, int Prefix)
{
    private const int MappedBits = 96;

    private bool IsExact => (First.High & ~Mask(Prefix)) == 0 && (First.Low & ~Mask(Prefix - 64)) == 0;

    /// <summary>Parses a CIDR. The bits after the prefix must be zero; returns false if they are not.</summary>
    public static bool TryParse(string? text, out AddressRange range) => TryParseAny(text, out range) && range.IsExact;

    /// <summary>Parses a CIDR whose bits after the prefix may be set, as the Kubernetes API allows in policies.</summary>
    public static bool TryParseAny(string? text, out AddressRange range)
    {
        range = default;
        // IPNetwork.TryParse accepts 10/8, an address of inet_aton.
        bool isV6 = text?.Contains(':') == true;
        if (text?.Split('/') is not [var first, var bits] || (!isV6 && first.Count(letter => letter == '.') != 3)
            || !Address.TryParse(first, out Address address)
            || !int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int prefix) || prefix > (isV6 ? 128 : 32))
        {
            return false;
        }

        range = new AddressRange(address, isV6 ? prefix : prefix + MappedBits);
        return true;
    }

    /// <exception cref="FormatException">The text is not a CIDR.</exception>
    public static AddressRange Parse(string text) => TryParse(text, out AddressRange range) ? range : throw new FormatException(text);

    public bool Contains(Address address) =>
        ((address.High ^ First.High) & Mask(Prefix)) == 0 && ((address.Low ^ First.Low) & Mask(Prefix - 64)) == 0;

    public override string ToString()
    {
        string first = First.ToString();
        int bits = first.Contains(':') ? Prefix : Prefix - MappedBits;
        return string.Create(CultureInfo.InvariantCulture, $"{first}/{bits}");
    }

    private static ulong Mask(int bits) => bits <= 0 ? 0 : bits >= 64 ? ulong.MaxValue : ulong.MaxValue << (64 - bits);
}
