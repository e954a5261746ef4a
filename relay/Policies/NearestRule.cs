using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Policies;

/// <summary>Finds the rule that would allow a connection if one thing were different.</summary>
internal static class NearestRule
{
    // The more of a rule matches, the nearer it is.
    private const int Excepted = 100, OtherPort = 90, OtherPods = 80, OtherNamespace = 50, OtherAddress = 40;

    /// <summary>
    /// Such as: <c>shop/api allows shop/web, but only to TCP 80</c>; null if no rule has the connection's port or its other end.
    /// </summary>
    public static string? Describe(DirectionResult result, in PolicyConnection connection, PolicyMatch match)
    {
        PolicyEnd peer = result.IsIngress ? connection.Client : connection.Server;
        (int score, string? best) = (0, null);
        foreach (PolicyObject policy in result.Selecting.Where(policy => policy.Kind == PolicyKind.NetworkPolicy))
        {
            foreach (PolicyRule rule in (result.IsIngress ? policy.Ingress : policy.Egress) ?? [])
            {
                (int near, string difference) = Compare(rule, policy, connection, peer, match, result.IsIngress);
                if (near > score)
                    (score, best) = (near, $"{policy.Namespace}/{policy.Name} allows {difference}");
            }
        }

        return best;
    }

    private static (int Score, string Difference) Compare(
        PolicyRule rule, PolicyObject policy, in PolicyConnection connection, PolicyEnd peer, PolicyMatch match, bool isIngress)
    {
        string toward = isIngress ? "from" : "to";
        if (match.MatchesPeer(rule, policy, peer))
            return (OtherPort, $"{peer}, but only to {string.Join(", ", rule.Ports)}");
        if (!PolicyMatch.MatchesPort(rule, connection))
            return default;
        (int score, string only) = (0, "");
        foreach (PolicyPeer candidate in rule.Peers)
        {
            (int near, string text) = Compare(candidate, policy, peer, match);
            if (near > score)
                (score, only) = (near, text);
        }

        return (score, $"{connection.PortText}, but only {toward} {only}");
    }

    private static (int Score, string Only) Compare(PolicyPeer candidate, PolicyObject policy, PolicyEnd peer, PolicyMatch match)
    {
        if (candidate.Block is { } block)
        {
            string except = candidate.Except.Count > 0 ? $" except {string.Join(", ", candidate.Except)}" : "";
            return (block.Contains(peer.Address) ? Excepted : OtherAddress, $"{block}{except}");
        }

        if (candidate.Pods is null)
            return default;
        string text = Describe(candidate, policy);
        if (!peer.IsPod)
            return (OtherAddress, text);
        return match.IsNamespace(candidate.Namespaces, policy.Namespace, peer.Owner!)
            ? (Math.Max(OtherNamespace + 1, OtherPods - candidate.Pods.CountMissing(peer.Labels)), text)
            : (OtherNamespace - candidate.Pods.CountMissing(peer.Labels), text);
    }

    private static string Describe(PolicyPeer peer, PolicyObject policy)
    {
        string pods = peer.Pods!.SelectsAll ? "pods" : $"pods with {peer.Pods}";
        return peer.Namespaces is not { } namespaces ? $"{pods} in namespace {policy.Namespace}"
            : namespaces.SelectsAll ? $"{pods} in all namespaces"
            : $"{pods} in namespaces with {namespaces}";
    }
}
