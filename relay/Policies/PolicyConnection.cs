using Depmap.V1;

namespace Depmap.Relay.Policies;

/// <summary>A connection that policies allow or forbid.</summary>
/// <param name="Server">The end that serves it, after translation.</param>
/// <param name="Port">Of the server.</param>
internal readonly record struct PolicyConnection(PolicyEnd Client, PolicyEnd Server, Protocol Protocol, ushort Port)
{
    /// <summary><c>8080</c>, <c>53/UDP</c></summary>
    public string PortText => Protocol == Protocol.Udp ? $"{Port}/UDP" : $"{Port}";
}
