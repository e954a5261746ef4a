using Depmap.Agent.Records;

namespace Depmap.Agent.Links;

/// <summary>
/// The addresses of the node's interfaces, including the gateway addresses of CNI plugins. Written by one thread; any
/// thread may read.
/// </summary>
internal sealed class NodeAddresses
{
    private volatile HashSet<Address> _present = [];

    public IReadOnlySet<Address> Current => _present;

    public bool Contains(Address address) => _present.Contains(address);

    public void Set(HashSet<Address> addresses) => _present = addresses;
}
