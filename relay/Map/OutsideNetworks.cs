using Depmap.Common.Options;
using Depmap.Relay.Flows;

namespace Depmap.Relay.Map;

/// <summary>Names that the user gave to networks outside the cluster (<c>--outside-cidr 10.0.0.0/8=office</c>).</summary>
internal sealed class OutsideNetworks
{
    public static readonly OutsideNetworks None = new([]);

    private const string Use = "use CIDR=NAME, such as 10.0.0.0/8=office, several separated by commas";
    private const int MaxNameLength = 63;

    private readonly (AddressRange Range, string Name)[] _networks;

    private OutsideNetworks(IEnumerable<(AddressRange Range, string Name)> networks) =>
        _networks = [.. networks.OrderByDescending(network => network.Range.Prefix)];

    /// <summary>Parses pairs separated by commas; an empty text has none.</summary>
    public static Parsed<OutsideNetworks> Parse(string text)
    {
        var networks = new Dictionary<AddressRange, string>();
        foreach (string pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (pair.Split('=') is not [var cidr, var name])
                return Parsed<OutsideNetworks>.Invalid(Use);
            if (!AddressRange.TryParse(cidr, out AddressRange range))
                return Parsed<OutsideNetworks>.Invalid($"{cidr} is not a CIDR; {Use}");
            if (!IsName(name))
                return Parsed<OutsideNetworks>.Invalid(
                    $"\"{name}\" is not a name; use at most {MaxNameLength} letters, digits, hyphens, dots and underscores");
            if (!networks.TryAdd(range, name))
                return Parsed<OutsideNetworks>.Invalid($"{cidr} is given twice");
        }

        return new OutsideNetworks(networks.Select(network => (network.Key, network.Value)));
    }

    /// <summary>The name of the smallest network with this address; null if there is none.</summary>
    public string? Find(Address address)
    {
        foreach ((AddressRange range, string name) in _networks)
        {
            if (range.Contains(address))
                return name;
        }

        return null;
    }

    // Cells of tables have no spaces, and names of other kinds of ends have a slash.
    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');
}
