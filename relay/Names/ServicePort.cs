using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>One port of a service with those behind it.</summary>
internal sealed class ServicePort
{
    private readonly Dictionary<AddressPort, bool> _backends = [];

    public bool HasReadyBackend { get; private set; }

    /// <summary>Those behind the port, ready or not.</summary>
    public Dictionary<AddressPort, bool>.KeyCollection Backends => _backends.Keys;

    /// <summary>Whether this end serves the port. One not ready counts: it may still finish what it has.</summary>
    public bool IsBackedBy(AddressPort end) => _backends.ContainsKey(end);

    public void Add(AddressPort backend, bool ready)
    {
        _backends[backend] = ready || _backends.GetValueOrDefault(backend);
        HasReadyBackend |= ready;
    }
}
