using Depmap.Agent.Records;

namespace Depmap.Agent.Links;

/// <summary>
/// The addresses of the node's own interfaces, among them the gateways that CNI plugins give their pods. One thread
/// puts them in, any may ask.
/// </summary>
internal sealed class NodeAddresses
{
    private volatile HashSet<Address> _present = [];

    public IReadOnlySet<Address> Current => _present;

    public bool Contains(Address address) => _present.Contains(address);

    public void Set(HashSet<Address> addresses) => _present = addresses;
}
