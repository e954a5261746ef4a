using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Tests.Names;

/// <summary>A small cluster: web on node-a, cart and DNS on node-b, and node-c without an agent.</summary>
internal static class TestCluster
{
    public static readonly AddressPort Web = ParseEndpoint("10.244.1.2", 43210);
    public static readonly AddressPort CartService = ParseEndpoint("10.96.0.10", 80);
    public static readonly AddressPort Cart = ParseEndpoint("10.244.2.3", 8080);
    public static readonly AddressPort OtherCart = ParseEndpoint("10.244.2.4", 8080);
    public static readonly AddressPort DnsService = ParseEndpoint("10.96.0.53", 53);
    public static readonly AddressPort Dns = ParseEndpoint("10.244.2.53", 53);
    public static readonly AddressPort ServiceWithoutEndpoints = ParseEndpoint("10.96.0.99", 80);
    public static readonly AddressPort PodOnNodeC = ParseEndpoint("10.244.3.9", 9090);
    public static readonly AddressPort NodeA = ParseEndpoint("172.30.7.11", 50001);
    public static readonly AddressPort External = ParseEndpoint("203.0.113.7", 443);

    public static ClusterObjects CreateObjects()
    {
        var objects = new ClusterObjects
        {
            Pods =
            {
                Pod("web-5d8f-x2x", "node-a", Web, "web"),
                Pod("cart-7c9-q1z", "node-b", Cart, "cart"),
                Pod("dns-6b7-aaa", "node-b", Dns, "dns", "kube-system"),
                Pod("far-abc-zzz", "node-c", PodOnNodeC, "far"),
            },
            Services =
            {
                Service("shop", "cart", CartService, "http", Protocol.Tcp),
                Service("kube-system", "kube-dns", DnsService, "dns", Protocol.Udp),
                Service("shop", "empty", ServiceWithoutEndpoints, "http", Protocol.Tcp),
            },
            Slices =
            {
                Slice("shop", "cart", Cart, "http", Protocol.Tcp),
                Slice("kube-system", "kube-dns", Dns, "dns", Protocol.Udp),
            },
            Nodes =
            {
                new NodeObject("node-a", [NodeA.Address]),
                new NodeObject("node-b", [ParseEndpoint("172.30.7.12", 0).Address]),
                new NodeObject("node-c", [ParseEndpoint("172.30.7.13", 0).Address]),
            },
        };
        return objects;
    }

    public static ClusterNames CreateNames() => ClusterNames.Empty.With(CreateObjects(), 0);

    public static AddressPort ParseEndpoint(string address, int port) =>
        Address.TryParse(address, out Address parsed) ? new AddressPort(parsed, (ushort)port) : throw new ArgumentException(address);

    public static PodObject Pod(string name, string node, AddressPort end, string deployment, string ns = "shop") => new()
    {
        Id = name,
        Namespace = ns,
        Name = name,
        Node = node,
        Addresses = [end.Address],
        Controller = new OwnerReference("ReplicaSet", deployment + "-hash"),
        TemplateHash = "hash",
    };

    public static ServiceObject Service(string ns, string name, AddressPort end, string port, Protocol protocol) => new()
    {
        Id = new ServiceId(ns, name),
        Addresses = [end.Address],
        Ports = [new ServicePortObject(port, protocol, end.Port)],
    };

    public static SliceObject Slice(string ns, string service, AddressPort backend, string port, Protocol protocol, bool ready = true) =>
        new()
    {
        Service = new ServiceId(ns, service),
        Ports = [new ServicePortObject(port, protocol, backend.Port)],
        Endpoints = [new SliceEndpoint(backend.Address, ready)],
    };
}
