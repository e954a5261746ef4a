namespace Depmap.Relay.Flows;

/// <summary>What an address says about itself, without names.</summary>
internal enum AddressKind
{
    /// <summary>Routed on the internet, or not known to be anything else.</summary>
    Public,

    /// <summary>Of a network of its own, such as a company's: RFC 1918, 6598, 4193, link-local, loopback.</summary>
    Private,

    /// <summary>IPv4 224.0.0.0/4 (RFC 5771), IPv6 ff00::/8 (RFC 4291 2.7).</summary>
    Multicast,

    /// <summary>255.255.255.255 (RFC 919).</summary>
    Broadcast,
}
