using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <summary>The ports that a rule is about.</summary>
/// <param name="Protocol">Unspecified for one that is not observed, such as SCTP; null for any.</param>
/// <param name="First">0 for all ports, and for a name.</param>
/// <param name="Last">At least <paramref name="First"/>.</param>
/// <param name="Name">The name of a container's port; null for a number.</param>
internal readonly record struct PolicyPort(Protocol? Protocol, ushort First, ushort Last, string? Name = null)
{
    /// <summary><c>TCP 80</c>, <c>UDP 100-200</c>, <c>TCP http</c>, <c>TCP</c></summary>
    public override string ToString()
    {
        string port = Name ?? (First == 0 ? "" : First == Last ? $"{First}" : $"{First}-{Last}");
        string protocol = Protocol switch
        {
            null => "",
            V1.Protocol.Tcp => "TCP",
            V1.Protocol.Udp => "UDP",
            _ => "another protocol",
        };
        return $"{protocol} {port}".Trim();
    }
}
