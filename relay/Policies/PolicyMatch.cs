using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Policies;

/// <summary>Whether the parts of a policy match a connection.</summary>
/// <param name="namespaces">The labels of each namespace.</param>
internal sealed class PolicyMatch(IReadOnlyDictionary<string, LabelSet> namespaces)
{
    public bool Selects(PolicyObject policy, Owner pod) =>
        IsNamespace(policy.Namespaces, policy.Namespace, pod) && policy.Pods.Matches(pod.Labels ?? LabelSet.Empty);

    public bool Matches(PolicyRule rule, PolicyObject policy, in PolicyConnection connection, PolicyEnd peer) =>
        MatchesPort(rule, connection) && MatchesPeer(rule, policy, peer);

    public bool MatchesPeer(PolicyRule rule, PolicyObject policy, PolicyEnd end)
    {
        foreach (PolicyPeer peer in rule.Peers)
        {
            if (Matches(peer, policy, end))
                return true;
        }

        return rule.Peers.Count == 0;
    }

    public static bool MatchesPort(PolicyRule rule, in PolicyConnection connection)
    {
        foreach (PolicyPort port in rule.Ports)
        {
            if (Matches(port, connection))
                return true;
        }

        return rule.Ports.Count == 0;
    }

    /// <param name="own">The namespace meant without a selector.</param>
    public bool IsNamespace(LabelSelector? selector, string own, Owner pod) =>
        selector is null ? pod.Namespace == own : selector.Matches(GetLabels(pod.Namespace!));

    // The API server sets this label on each namespace.
    private LabelSet GetLabels(string ns) =>
        namespaces.TryGetValue(ns, out LabelSet? labels) ? labels : new LabelSet([new("kubernetes.io/metadata.name", ns)]);

    private bool Matches(PolicyPeer peer, PolicyObject policy, PolicyEnd end)
    {
        if (peer.Block is { } block)
            return block.Contains(end.Address) && !peer.Except.Any(except => except.Contains(end.Address));
        if (peer.IsNodes)
            return end.IsHost;
        return peer.Pods is not null && end.IsPod
            && IsNamespace(peer.Namespaces, policy.Namespace, end.Owner!) && peer.Pods.Matches(end.Labels);
    }

    private static bool Matches(in PolicyPort port, in PolicyConnection connection)
    {
        if (port.Protocol is { } protocol && protocol != connection.Protocol)
            return false;
        return port.Name is { } name
            ? connection.Server is { IsPod: true, Owner.Ports: { } ports }
                && ports.Contains(new NamedPort(name, connection.Protocol, connection.Port))
            : connection.Port >= port.First && connection.Port <= port.Last;
    }
}
