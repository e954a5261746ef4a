using Depmap.Relay.Names;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.Policies;

public sealed class PolicyTableTests
{
    private const string DenyAll = "shop/deny-all {'podSelector': {}, 'policyTypes': ['Ingress', 'Egress']}";
    private const string DenyIngress = "shop/deny-ingress {'podSelector': {}}";
    private const string WebToCart =
        "shop/web-to-cart {'podSelector': {'matchLabels': {'app': 'cart'}}, 'policyTypes': ['Ingress'], "
        + "'ingress': [{'from': [{'podSelector': {'matchLabels': {'app': 'web'}}}], 'ports': [{'port': 8080}]}]}";

    /// <summary>
    /// Policies, a connection, and what they decide: egress and ingress, each + or -, or nothing if no policy selects the pod.
    /// </summary>
    [Theory]
    [InlineData("", "shop/web shop/cart:8080", "")]
    [InlineData(DenyAll, "shop/web shop/cart:8080", "-egress -ingress")]
    [InlineData(DenyAll, "shop/web pay/payments:80", "-egress")]
    [InlineData(DenyAll, "pay/payments shop/web:80", "-ingress")]
    [InlineData(DenyAll, "shop/web 198.51.100.10:80", "-egress")]
    [InlineData(DenyAll, "198.51.100.10 shop/web:80", "-ingress")]
    [InlineData(DenyAll, "pay/payments unlisted/stray:80", "")]
    // Types: ingress always, egress if there is a rule for it.
    [InlineData(DenyIngress, "shop/web shop/cart:8080", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'egress': []}", "shop/web shop/cart:8080", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'egress': [{}]}", "shop/web shop/cart:8080", "+egress -ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{}], 'policyTypes': ['Egress']}", "shop/web shop/cart:8080", "-egress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{}]}", "198.51.100.10 shop/cart:8080", "+ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'from': [], 'ports': []}]}", "198.51.100.10 shop/cart:8080", "+ingress")]
    // Nodes: a pod's own is always allowed; a pod on its node's network is the node.
    [InlineData(DenyAll, "node/n2 shop/cart:8080", "+ingress")]
    [InlineData(DenyAll, "node/n1 shop/cart:8080", "-ingress")]
    [InlineData(DenyAll, "shop/host shop/web:80", "+ingress")]
    [InlineData(DenyAll, "shop/host shop/cart:80", "-ingress")]
    [InlineData(DenyAll, "shop/web shop/host:9100", "+egress")]
    [InlineData(DenyAll, "shop/cart shop/host:9100", "-egress")]
    [InlineData(DenyAll, "shop/host pay/payments:80", "")]
    [InlineData(DenyAll, "shop/web shop/web:80", "")]
    // A pod on its node's network is no pod for selectors, but an address.
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'podSelector': {'matchLabels': {'app': 'host'}}}]}]}",
        "shop/host shop/cart:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {}}]}]}", "shop/host shop/cart:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'ipBlock': {'cidr': '172.30.0.11/32'}}]}]}",
        "shop/host shop/cart:80", "+ingress")]
    // Pods, namespaces, both.
    [InlineData(WebToCart, "shop/web shop/cart:8080", "+ingress")]
    [InlineData(WebToCart, "shop/web shop/cart:9090", "-ingress")]
    [InlineData(WebToCart, "shop/web shop/cart:8080/udp", "-ingress")]
    [InlineData(WebToCart, "shop/redis shop/cart:8080", "-ingress")]
    [InlineData(WebToCart, "shop/redis shop/web:8080", "")]
    [InlineData(WebToCart, "unlisted/stray shop/cart:8080", "-ingress")]
    [InlineData(DenyAll + "\n" + WebToCart, "shop/web shop/cart:8080", "-egress +ingress")]
    [InlineData(DenyIngress + "\n" + WebToCart, "shop/web shop/cart:8080", "+ingress")]
    [InlineData(DenyIngress + "\n" + WebToCart, "shop/web shop/redis:6379", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {'matchLabels': {'team': 'money'}}}]}]}",
        "pay/payments shop/cart:80", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {'matchLabels': {'team': 'money'}}}]}]}",
        "shop/web shop/cart:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {}}]}]}", "unlisted/stray shop/cart:80", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {}}]}]}", "198.51.100.10 shop/cart:80", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'from': [{'podSelector': {}}]}]}", "pay/payments shop/cart:80", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'from': [{'podSelector': {}}]}]}", "shop/bare shop/cart:80", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {'matchLabels': "
        + "{'kubernetes.io/metadata.name': 'unlisted'}}, 'podSelector': {'matchLabels': {'app': 'stray'}}}]}]}",
        "unlisted/stray shop/cart:80", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {'matchLabels': {'team': 'money'}}, "
        + "'podSelector': {'matchLabels': {'app': 'web'}}}]}]}",
        "pay/payments shop/cart:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'namespaceSelector': {'matchLabels': {'team': 'money'}}}, "
        + "{'podSelector': {'matchLabels': {'app': 'web'}}}]}]}",
        "shop/web shop/cart:80", "+ingress")] // a list of peers, not one with both
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'from': [{}]}]}", "shop/web shop/cart:80", "-ingress")]
    // Expressions.
    [InlineData(
        "shop/p {'podSelector': {'matchExpressions': [{'key': 'app', 'operator': 'In', 'values': ['cart', 'redis']}]}}",
        "shop/web shop/cart:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {'matchExpressions': [{'key': 'app', 'operator': 'NotIn', 'values': ['cart', 'redis']}]}}",
        "shop/web shop/cart:80", "")]
    [InlineData(
        "shop/p {'podSelector': {'matchExpressions': [{'key': 'app', 'operator': 'NotIn', 'values': ['cart']}]}}",
        "shop/web shop/bare:80", "-ingress")]
    [InlineData("shop/p {'podSelector': {'matchExpressions': [{'key': 'app', 'operator': 'Exists'}]}}", "shop/web shop/bare:80", "")]
    [InlineData(
        "shop/p {'podSelector': {'matchExpressions': [{'key': 'app', 'operator': 'DoesNotExist'}]}}", "shop/web shop/bare:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {'matchLabels': {'tier': 'back'}, 'matchExpressions': ["
        + "{'key': 'app', 'operator': 'In', 'values': ['web']}]}}",
        "shop/web shop/cart:80", "")]
    // Ports: numbers, names, ranges, protocols.
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 'http'}]}]}", "shop/web shop/cart:8080", "+ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 'http'}]}]}", "shop/web shop/cart:80", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 'http'}]}]}", "shop/web shop/redis:8080", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 'dns'}]}]}", "shop/web shop/cart:53/udp", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 'dns', 'protocol': 'UDP'}]}]}",
        "shop/web shop/cart:53/udp", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'ports': [{'port': 'http'}]}], 'policyTypes': ['Egress']}",
        "shop/web shop/cart:8080", "+egress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'ports': [{'port': 'http'}]}], 'policyTypes': ['Egress']}",
        "shop/web 198.51.100.10:8080", "-egress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 100, 'endPort': 200}]}]}",
        "shop/web shop/cart:200", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 100, 'endPort': 200}]}]}",
        "shop/web shop/cart:201", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 100, 'endPort': 200}]}]}", "shop/web shop/cart:99", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'protocol': 'UDP'}]}]}", "shop/web shop/cart:99/udp", "+ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'protocol': 'UDP'}]}]}", "shop/web shop/cart:99", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'ports': [{'protocol': 'SCTP', 'port': 80}]}]}", "shop/web shop/cart:80", "-ingress")]
    [InlineData("shop/p {'podSelector': {}, 'ingress': [{'ports': [{'port': 1}, {'port': 2}]}]}", "shop/web shop/cart:2", "+ingress")]
    // Ranges of addresses, of pods too.
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'ipBlock': {'cidr': '198.51.100.0/24'}}]}]}",
        "198.51.100.10 shop/cart:80", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'ipBlock': {'cidr': '198.51.100.0/24', 'except': ['198.51.100.8/29']}}]}]}",
        "198.51.100.10 shop/cart:80", "-ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'ingress': [{'from': [{'ipBlock': {'cidr': '198.51.100.0/24', 'except': ['198.51.100.8/29']}}]}]}",
        "198.51.100.16 shop/cart:80", "+ingress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'to': [{'ipBlock': {'cidr': '10.244.2.0/24'}}]}], 'policyTypes': ['Egress']}",
        "shop/web shop/cart:80", "+egress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'to': [{'ipBlock': {'cidr': '0.0.0.0/0'}}]}], 'policyTypes': ['Egress']}",
        "shop/web6 2001:db8::7:80", "-egress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'to': [{'ipBlock': {'cidr': '2001:db8::/32'}}]}], 'policyTypes': ['Egress']}",
        "shop/web6 2001:db8::7:80", "+egress")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'to': [{'ipBlock': {'cidr': '::/0'}}]}], 'policyTypes': ['Egress']}",
        "shop/web6 2001:db8::7:80", "+egress")]
    // An administrator's policies come first, the baseline last.
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': ["
        + "{'namespaces': {}}]}]}\n" + WebToCart,
        "shop/web shop/cart:8080", "-ingress")]
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'namespaces': {}}, 'ingress': [{'action': 'Allow', 'from': [{'pods': "
        + "{'namespaceSelector': {}, 'podSelector': {'matchLabels': {'app': 'redis'}}}}]}]}\n" + WebToCart,
        "shop/redis shop/cart:8080", "+ingress")]
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': [{'namespaces': {}}]}]}\n"
        + "admin/b {'priority': 4, 'subject': {'namespaces': {}}, 'ingress': [{'action': 'Pass', 'from': ["
        + "{'namespaces': {}}]}]}\n" + WebToCart,
        "shop/web shop/cart:8080", "+ingress")]
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'pods': {'namespaceSelector': {'matchLabels': {'team': 'money'}}, 'podSelector': {}}}, "
        + "'egress': [{'action': 'Deny', 'to': [{'networks': ['198.51.100.0/24']}], 'ports': ["
        + "{'portNumber': {'protocol': 'TCP', 'port': 80}}]}]}",
        "pay/payments 198.51.100.10:80", "-egress")]
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'namespaces': {}}, 'egress': [{'action': 'Deny', 'to': [{'nodes': {}}], "
        + "'ports': [{'portRange': {'protocol': 'TCP', 'start': 9000, 'end': 9200}}]}]}",
        "shop/cart shop/host:9100", "-egress")]
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': [{'namespaces': {}}], "
        + "'ports': [{'namedPort': 'http'}]}]}",
        "shop/web shop/cart:8080", "-ingress")]
    [InlineData(
        "baseline/b {'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': [{'namespaces': {}}]}]}",
        "shop/web shop/cart:8080", "-ingress")]
    [InlineData(
        "baseline/b {'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': [{'namespaces': {}}]}]}\n" + WebToCart,
        "shop/web shop/cart:8080", "+ingress")]
    [InlineData(
        "baseline/b {'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': [{'namespaces': {}}]}]}",
        "198.51.100.10 shop/cart:8080", "+ingress")]
    public void Policies_are_evaluated_as_the_API_documents_them(string policies, string connection, string expected)
    {
        ClusterNames names = PolicyCluster.Create(policies);
        PolicyResult result = names.Policies.Evaluate(PolicyCluster.Connection(names, connection));
        string found = string.Join(' ', ((DirectionResult?[])[result.Egress, result.Ingress]).OfType<DirectionResult>()
            .Select(direction => (direction.Allowed ? "+" : "-") + (direction.IsIngress ? "ingress" : "egress")));
        Assert.Equal(expected, found);
        Assert.Equal(!expected.Contains('-'), result.Allowed);
    }

    [Theory]
    [InlineData(
        "shop/deny-all {'podSelector': {}}", "shop/web shop/cart:8080",
        "shop/deny-all: selects the server, no rule allows shop/web → 8080", "")]
    [InlineData(
        "shop/a {'podSelector': {}, 'policyTypes': ['Egress']}\nshop/b {'podSelector': {}, 'policyTypes': ['Egress']}",
        "shop/web shop/cart:53/udp", "shop/a, shop/b: select the client, no rule allows → shop/cart:53/UDP", "")]
    [InlineData(
        WebToCart, "shop/web shop/cart:9090", "shop/web-to-cart: selects the server, no rule allows shop/web → 9090",
        "shop/web-to-cart allows shop/web, but only to TCP 8080")]
    [InlineData(
        WebToCart, "shop/redis shop/cart:8080", "shop/web-to-cart: selects the server, no rule allows shop/redis → 8080",
        "shop/web-to-cart allows 8080, but only from pods with app=web in namespace shop")]
    [InlineData(
        WebToCart, "pay/payments shop/cart:8080", "shop/web-to-cart: selects the server, no rule allows pay/payments → 8080",
        "shop/web-to-cart allows 8080, but only from pods with app=web in namespace shop")]
    [InlineData(
        WebToCart, "node/n1 shop/cart:8080", "shop/web-to-cart: selects the server, no rule allows node n1 → 8080",
        "shop/web-to-cart allows 8080, but only from pods with app=web in namespace shop")]
    [InlineData(
        "shop/p {'podSelector': {}, 'egress': [{'to': [{'ipBlock': {'cidr': '198.51.100.0/24', 'except': ['198.51.100.8/29']}}]},"
        + "{'to': [{'namespaceSelector': {'matchLabels': {'team': 'money'}}}]}], 'policyTypes': ['Egress']}",
        "shop/web 198.51.100.10:443", "shop/p: selects the client, no rule allows → 198.51.100.10:443",
        "shop/p allows 443, but only to 198.51.100.0/24 except 198.51.100.8/29")]
    [InlineData(WebToCart, "shop/web shop/cart:8080", "shop/web-to-cart: shop/web-to-cart allows shop/web → 8080", "")]
    [InlineData(WebToCart, "node/n2 shop/cart:8080", "shop/web-to-cart: a pod's own node is always allowed", "")]
    [InlineData(
        "admin/a {'priority': 5, 'subject': {'namespaces': {}}, 'ingress': [{'action': 'Deny', 'from': ["
        + "{'namespaces': {}}]}]}\n" + WebToCart,
        "shop/web shop/cart:8080", "a: denies shop/web → 8080", "")]
    public void The_verdict_names_the_policies_and_the_nearest_rule(string policies, string connection, string reason, string nearest)
    {
        ClusterNames names = PolicyCluster.Create(policies);
        PolicyVerdict verdict = VerdictMessage.Create(names.Policies, PolicyCluster.Connection(names, connection));
        PolicyDirection direction = Assert.Single(verdict.Directions);
        string selecting = string.Join(", ", direction.Policies.Select(p => p.Namespace.Length > 0 ? $"{p.Namespace}/{p.Name}" : p.Name));
        Assert.Equal((reason, nearest), ($"{selecting}: {direction.Reason}", direction.Nearest));
    }

    [Fact]
    public void What_is_not_evaluated_is_a_limit()
    {
        ClusterNames names = PolicyCluster.Create(
            "admin/a {'subject': {'namespaces': {}}, 'egress': [{'action': 'Allow', 'to': [{'domainNames': ['example.com']}]}]}");
        Assert.Equal(["AdminNetworkPolicy a has domain names, which Depmap does not evaluate"], names.Policies.Limits);
    }
}
