using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <summary>
/// Reads the policies of networking.k8s.io/v1 and policy.networking.k8s.io/v1alpha1
/// (https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/,
/// https://network-policy-api.sigs.k8s.io/api-overview/).
/// </summary>
internal static class PolicyReader
{
    /// <exception cref="ObjectsException">It is not as specified.</exception>
    public static PolicyObject ReadNetworkPolicy(LocatedElement item)
    {
        LocatedElement metadata = item.GetObject("metadata");
        LocatedElement? spec = item.GetObjectOrNull("spec");
        IReadOnlyList<PolicyRule> ingress = ReadRules(spec, "ingress", "from"), egress = ReadRules(spec, "egress", "to");
        string[] types = [.. (spec?.GetList("policyTypes") ?? []).Select(type => type.AsString("a policy type to be a string"))];
        // Without types: always ingress, and egress if there is a rule for it.
        bool isEgress = types.Length == 0 ? egress.Count > 0 : types.Contains("Egress");
        return new PolicyObject
        {
            Kind = PolicyKind.NetworkPolicy,
            Namespace = metadata.GetStringOrNull("namespace") ?? "",
            Name = metadata.GetString("name"),
            Pods = ReadSelector(spec?.GetObjectOrNull("podSelector")),
            Ingress = types.Length == 0 || types.Contains("Ingress") ? ingress : null,
            Egress = isEgress ? egress : null,
        };
    }

    /// <exception cref="ObjectsException">It is not as specified.</exception>
    public static PolicyObject ReadAdminPolicy(PolicyKind kind, LocatedElement item)
    {
        LocatedElement spec = item.GetObject("spec");
        LocatedElement subject = spec.GetObject("subject");
        LocatedElement? pods = subject.GetObjectOrNull("pods");
        List<string> ignored = [];
        return new PolicyObject
        {
            Kind = kind,
            Name = item.GetObject("metadata").GetString("name"),
            Priority = spec.GetInt32OrNull("priority") ?? 0,
            Namespaces = ReadSelector(pods is { } both ? both.GetObjectOrNull("namespaceSelector") : subject.GetObjectOrNull("namespaces")),
            Pods = ReadSelector(pods?.GetObjectOrNull("podSelector")),
            Ingress = ReadAdminRules(spec, "ingress", "from", ignored),
            Egress = ReadAdminRules(spec, "egress", "to", ignored),
            Ignored = ignored.Count > 0 ? string.Join(", ", ignored.Distinct()) : null,
        };
    }

    private static List<PolicyRule> ReadRules(LocatedElement? spec, string direction, string peers)
    {
        var rules = new List<PolicyRule>();
        foreach (LocatedElement entry in spec?.GetList(direction) ?? [])
        {
            LocatedElement rule = entry.AsObject("a rule to be an object");
            rules.Add(new PolicyRule(
                [.. rule.GetList(peers).Select(peer => ReadPeer(peer.AsObject("a peer to be an object")))],
                [.. rule.GetList("ports").Select(port => ReadPort(port.AsObject("a port to be an object")))]));
        }

        return rules;
    }

    private static PolicyPeer ReadPeer(LocatedElement peer)
    {
        LocatedElement? namespaces = peer.GetObjectOrNull("namespaceSelector"), pods = peer.GetObjectOrNull("podSelector");
        if (peer.GetObjectOrNull("ipBlock") is { } block)
        {
            return new PolicyPeer
            {
                Block = ReadCidr(block, block.GetString("cidr")),
                Except = [.. block.GetList("except").Select(cidr => ReadCidr(block, cidr.AsString("\"except\" to hold strings")))],
            };
        }

        // A peer without any field selects nothing.
        return namespaces is null && pods is null
            ? new PolicyPeer()
            : new PolicyPeer { Namespaces = namespaces is null ? null : ReadSelector(namespaces), Pods = ReadSelector(pods) };
    }

    private static PolicyPort ReadPort(LocatedElement port)
    {
        Protocol protocol = ReadProtocol(port);
        if (port.IsString("port"))
            return new PolicyPort(protocol, 0, 0, port.GetString("port"));
        return port.GetPortOrNull("port") is { } first
            ? new PolicyPort(protocol, first, port.GetPortOrNull("endPort") ?? first)
            : new PolicyPort(protocol, 0, ushort.MaxValue);
    }

    // Null without rules: unlike a NetworkPolicy, it then decides nothing.
    private static List<PolicyRule>? ReadAdminRules(LocatedElement spec, string direction, string peers, List<string> ignored)
    {
        var rules = new List<PolicyRule>();
        foreach (LocatedElement entry in spec.GetList(direction))
        {
            LocatedElement rule = entry.AsObject("a rule to be an object");
            PolicyPeer[] read =
                [.. rule.GetList(peers).SelectMany(peer => ReadAdminPeer(peer.AsObject("a peer to be an object"), ignored))];
            // What is left of a rule without peers would match everything.
            if (read.Length > 0)
            {
                rules.Add(new PolicyRule(
                    read,
                    [.. rule.GetList("ports").Select(port => ReadAdminPort(port.AsObject("a port to be an object")))],
                    ReadAction(rule)));
            }
        }

        return rules.Count > 0 ? rules : null;
    }

    private static PolicyAction ReadAction(LocatedElement rule) => rule.GetString("action") switch
    {
        "Allow" => PolicyAction.Allow,
        "Deny" => PolicyAction.Deny,
        "Pass" => PolicyAction.Pass,
        _ => throw rule.CreateException("\"action\" to be Allow, Deny or Pass"),
    };

    private static IEnumerable<PolicyPeer> ReadAdminPeer(LocatedElement peer, List<string> ignored)
    {
        if (peer.GetObjectOrNull("namespaces") is { } namespaces)
            return [new PolicyPeer { Namespaces = ReadSelector(namespaces), Pods = LabelSelector.All }];
        if (peer.GetObjectOrNull("pods") is { } pods)
        {
            return [new PolicyPeer
            {
                Namespaces = ReadSelector(pods.GetObjectOrNull("namespaceSelector")),
                Pods = ReadSelector(pods.GetObjectOrNull("podSelector")),
            }];
        }

        if (peer.GetObjectOrNull("nodes") is { } nodes)
        {
            if (ReadSelector(nodes).SelectsAll)
                return [new PolicyPeer { IsNodes = true }];
            ignored.Add("selectors of nodes");
            return [];
        }

        if (peer.Find("networks") is not null)
        {
            return [.. peer.GetList("networks")
                .Select(cidr => new PolicyPeer { Block = ReadCidr(peer, cidr.AsString("\"networks\" to hold strings")) })];
        }

        ignored.Add(peer.Find("domainNames") is null ? "an unknown kind of peer" : "domain names");
        return [];
    }

    private static PolicyPort ReadAdminPort(LocatedElement port)
    {
        if (port.GetObjectOrNull("portNumber") is { } number && number.GetPortOrNull("port") is { } only)
            return new PolicyPort(ReadProtocol(number), only, only);
        if (port.GetObjectOrNull("portRange") is { } range)
            return new PolicyPort(ReadProtocol(range), range.GetPortOrNull("start") ?? 0, range.GetPortOrNull("end") ?? 0);
        return new PolicyPort(null, 0, 0, port.GetString("namedPort"));
    }

    private static Protocol ReadProtocol(LocatedElement port) => port.GetStringOrNull("protocol") switch
    {
        null or "TCP" => Protocol.Tcp,
        "UDP" => Protocol.Udp,
        _ => Protocol.Unspecified,
    };

    // Unlike elsewhere, Kubernetes allows bits after the prefix, and ignores them.
    private static AddressRange ReadCidr(LocatedElement place, string text) =>
        AddressRange.TryParseAny(text, out AddressRange range) ? range : throw place.CreateException("a CIDR such as 10.0.0.0/8");

    /// <summary>Reads a meta/v1 LabelSelector; an absent one selects everything.</summary>
    private static LabelSelector ReadSelector(LocatedElement? selector)
    {
        if (selector is not { } found)
            return LabelSelector.All;
        var requirements = new List<LabelRequirement>();
        foreach ((string key, string value) in
            found.GetObjectOrNull("matchLabels")?.GetStrings("a label's value to be a string") ?? [])
            requirements.Add(new LabelRequirement(key, LabelOperator.In, [value]));
        foreach (LocatedElement entry in found.GetList("matchExpressions"))
        {
            LocatedElement expression = entry.AsObject("an expression to be an object");
            requirements.Add(new LabelRequirement(
                expression.GetString("key"),
                ReadOperator(expression),
                [.. expression.GetList("values").Select(value => value.AsString("\"values\" to hold strings"))]));
        }

        return requirements.Count == 0 ? LabelSelector.All : new LabelSelector(requirements);
    }

    private static LabelOperator ReadOperator(LocatedElement expression) => expression.GetString("operator") switch
    {
        "In" => LabelOperator.In,
        "NotIn" => LabelOperator.NotIn,
        "Exists" => LabelOperator.Exists,
        "DoesNotExist" => LabelOperator.DoesNotExist,
        _ => throw expression.CreateException("\"operator\" to be In, NotIn, Exists or DoesNotExist"),
    };
}
