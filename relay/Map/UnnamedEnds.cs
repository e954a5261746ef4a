using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Map;

/// <summary>
/// The ends of edges for addresses without a name: grouped, so that any number of clients of a load balancer are one edge. An
/// address of a pod stays alone, since it is inside the cluster, and so does a private address that is called: it is a dependency.
/// </summary>
/// <param name="networks">The networks that the user named.</param>
/// <param name="nodes">The nodes, whose pods' addresses are known.</param>
internal readonly struct UnnamedEnds(OutsideNetworks networks, NodeTable nodes)
{
    public EdgeEnd Client(Address address) => Find(address) ?? Group(EndKind.Outside, "outside");

    public EdgeEnd Server(Address address) => Find(address) ?? AddressKinds.KindOf(address) switch
    {
        AddressKind.Multicast => Group(EndKind.Multicast, "multicast"),
        AddressKind.Broadcast => Group(EndKind.Multicast, "broadcast"),
        AddressKind.Private => Alone(address),
        _ => Group(EndKind.Outside, "outside"),
    };

    private EdgeEnd? Find(Address address) =>
        networks.Find(address) is { } name ? Group(EndKind.Outside, name)
        : nodes.IsPodAddress(address) ? Alone(address)
        : null;

    private static EdgeEnd Group(EndKind kind, string name) => new(kind, "", name, default);

    private static EdgeEnd Alone(Address address) => new(EndKind.Address, "", "", address);
}
