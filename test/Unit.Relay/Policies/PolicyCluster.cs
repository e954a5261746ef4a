using System.Text;
using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.Policies;

/// <summary>
/// Two nodes; web, cart, redis and an agent on its node's network in namespace shop (team sales), payments in pay (team money), and
/// an address outside. The service cart leads to cart, and to the pod bare, which is not ready.
/// Ends are written as NAMESPACE/POD, node/NAME or an address.
/// </summary>
internal static class PolicyCluster
{
    private const string Objects = """
        {"kind": "Node", "metadata": {"name": "n1"}, "status": {"addresses": [{"address": "172.30.0.11"}]}},
        {"kind": "Node", "metadata": {"name": "n2"}, "status": {"addresses": [{"address": "172.30.0.12"}]}},
        {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop", "team": "sales"}}},
        {"kind": "Namespace", "metadata": {"name": "pay", "labels": {"kubernetes.io/metadata.name": "pay", "team": "money"}}},
        {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web", "tier": "front"}},
         "spec": {"nodeName": "n1"}, "status": {"podIP": "10.244.1.2", "podIPs": [{"ip": "10.244.1.2"}, {"ip": "fd00::1:2"}]}},
        {"kind": "Pod", "metadata": {"name": "cart", "namespace": "shop", "labels": {"app": "cart", "tier": "back"}},
         "spec": {"nodeName": "n2", "containers": [{"ports": [
           {"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]}]},
         "status": {"podIP": "10.244.2.3"}},
        {"kind": "Pod", "metadata": {"name": "redis", "namespace": "shop", "labels": {"app": "redis", "tier": "back"}},
         "spec": {"nodeName": "n1"}, "status": {"podIP": "10.244.1.4"}},
        {"kind": "Pod", "metadata": {"name": "bare", "namespace": "shop"},
         "spec": {"nodeName": "n1"}, "status": {"podIP": "10.244.1.5"}},
        {"kind": "Pod", "metadata": {"name": "host", "namespace": "shop", "labels": {"app": "host"}},
         "spec": {"nodeName": "n1", "hostNetwork": true, "containers": [{"ports": [{"containerPort": 9100}]}]},
         "status": {"podIP": "172.30.0.11"}},
        {"kind": "Pod", "metadata": {"name": "payments", "namespace": "pay", "labels": {"app": "payments"}},
         "spec": {"nodeName": "n2"}, "status": {"podIP": "10.244.2.9"}},
        {"kind": "Pod", "metadata": {"name": "stray", "namespace": "unlisted", "labels": {"app": "stray"}},
         "spec": {"nodeName": "n2"}, "status": {"podIP": "10.244.2.10"}},
        {"kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
         "spec": {"clusterIP": "10.96.0.10", "ports": [{"name": "http", "port": 80}]}},
        {"kind": "EndpointSlice", "metadata": {"name": "cart-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}},
         "ports": [{"name": "http", "port": 8080}],
         "endpoints": [{"addresses": ["10.244.2.3"]}, {"addresses": ["10.244.1.5"], "conditions": {"ready": false}}]}
        """;

    /// <param name="policies">
    /// <c>NAMESPACE/NAME SPEC</c>, or <c>admin/NAME SPEC</c>, <c>baseline/NAME SPEC</c>, separated by lines; quotes are single.
    /// </param>
    public static ClusterNames Create(string policies)
    {
        var items = new StringBuilder(Objects);
        foreach (string line in policies.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ', 2), name = parts[0].Split('/');
            string kind = name[0] switch
            {
                "admin" => "AdminNetworkPolicy",
                "baseline" => "BaselineAdminNetworkPolicy",
                _ => "NetworkPolicy",
            };
            items.Append($$"""
                , {"kind": "{{kind}}", "metadata": {"namespace": "{{name[0]}}", "name": "{{name[1]}}"},
                   "spec": {{parts[1].Replace('\'', '"')}}}
                """);
        }

        return ClusterNames.Empty.With(ObjectsReader.Read(Encoding.UTF8.GetBytes($$"""{"items": [{{items}}]}""")), UnixTime.Minute);
    }

    /// <param name="text"><c>CLIENT SERVER:PORT[/udp]</c></param>
    public static PolicyConnection Connection(ClusterNames names, string text)
    {
        string[] ends = text.Split(' '), port = ends[1][(ends[1].LastIndexOf(':') + 1)..].Split('/');
        return new PolicyConnection(
            End(names, ends[0]),
            End(names, ends[1][..ends[1].LastIndexOf(':')]),
            port.Length > 1 ? Protocol.Udp : Protocol.Tcp,
            ushort.Parse(port[0]));
    }

    private static PolicyEnd End(ClusterNames names, string text)
    {
        string address = text switch
        {
            "shop/web" => "10.244.1.2",
            "shop/web6" => "fd00::1:2",
            "shop/cart" => "10.244.2.3",
            "shop/redis" => "10.244.1.4",
            "shop/bare" => "10.244.1.5",
            "shop/host" => "172.30.0.11",
            "pay/payments" => "10.244.2.9",
            "unlisted/stray" => "10.244.2.10",
            "node/n1" => "172.30.0.11",
            "node/n2" => "172.30.0.12",
            _ => text,
        };
        Assert.True(Address.TryParse(address, out Address parsed), text);
        Owner? owner = text == "shop/host"
            ? names.ServerAt(Protocol.Tcp, new AddressPort(parsed, 9100), 0, null)
            : names.Addresses.OwnerAt(parsed, UnixTime.Minute);
        return new PolicyEnd(owner, parsed);
    }
}
