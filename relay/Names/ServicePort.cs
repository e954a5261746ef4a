using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>One port of a service with its backends.</summary>
internal sealed class ServicePort
{
    private readonly Dictionary<AddressPort, bool> _backends = [];

    public bool HasReadyBackend { get; private set; }

    /// <summary>All backends, ready or not.</summary>
    public Dictionary<AddressPort, bool>.KeyCollection Backends => _backends.Keys;

    /// <summary>Whether an endpoint is a backend. One that is not ready counts: it may still serve open connections.</summary>
    public bool HasBackend(AddressPort endpoint) => _backends.ContainsKey(endpoint);

    public void Add(AddressPort backend, bool ready)
    {
        _backends[backend] = ready || _backends.GetValueOrDefault(backend);
        HasReadyBackend |= ready;
    }
}
