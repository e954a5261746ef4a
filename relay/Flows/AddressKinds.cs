namespace Depmap.Relay.Flows;

/// <summary>Finds the kind of an address by its ranges.</summary>
internal static class AddressKinds
{
    private static readonly (AddressRange Range, AddressKind Kind)[] Ranges =
    [
        .. Of(AddressKind.Private, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        .. Of(AddressKind.Private, "fc00::/7", "fe80::/10", "::1/128"),
        .. Of(AddressKind.Multicast, "224.0.0.0/4", "ff00::/8"),
        .. Of(AddressKind.Broadcast, "255.255.255.255/32"),
    ];

    public static AddressKind KindOf(Address address)
    {
        foreach ((AddressRange range, AddressKind kind) in Ranges)
        {
            if (range.Contains(address))
                return kind;
        }

        return AddressKind.Public;
    }

    private static IEnumerable<(AddressRange Range, AddressKind Kind)> Of(AddressKind kind, params string[] ranges) =>
        ranges.Select(range => (AddressRange.Parse(range), kind));
}
