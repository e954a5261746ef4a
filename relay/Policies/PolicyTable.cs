using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Policies;

/// <summary>
/// Evaluates the policies of a cluster, as the API documents them: those that select a pod add up, AdminNetworkPolicies come before
/// NetworkPolicies, and the BaselineAdminNetworkPolicy applies where no NetworkPolicy selects the pod. Immutable.
/// </summary>
internal sealed class PolicyTable
{
    public static readonly PolicyTable Empty = new([], new Dictionary<string, LabelSet>());

    private readonly PolicyObject[] _admin, _baseline;
    private readonly ILookup<string, PolicyObject> _byNamespace;

    /// <param name="policies">All policies.</param>
    /// <param name="namespaces">The labels of each namespace.</param>
    /// <param name="limits">What is not evaluated; see <see cref="Limits"/>.</param>
    public PolicyTable(
        IReadOnlyCollection<PolicyObject> policies, IReadOnlyDictionary<string, LabelSet> namespaces, params IReadOnlyList<string> limits)
    {
        Match = new PolicyMatch(namespaces);
        _admin = [.. policies.Where(policy => policy.Kind == PolicyKind.AdminNetworkPolicy).OrderBy(policy => policy.Priority)];
        _baseline = [.. policies.Where(policy => policy.Kind == PolicyKind.BaselineAdminNetworkPolicy)];
        _byNamespace = policies.Where(policy => policy.Kind == PolicyKind.NetworkPolicy)
            .OrderBy(policy => policy.Name, StringComparer.Ordinal).ToLookup(policy => policy.Namespace);
        Limits =
        [
            .. limits,
            .. policies.Where(policy => policy.Ignored is not null)
                .Select(policy => $"{policy.Kind} {policy.Name} has {policy.Ignored}, which Depmap does not evaluate"),
        ];
    }

    public PolicyMatch Match { get; }

    /// <summary>What may allow or forbid connections and is not evaluated, one sentence each.</summary>
    public IReadOnlyList<string> Limits { get; }

    public PolicyResult Evaluate(in PolicyConnection connection)
    {
        // A pod always reaches itself.
        if (connection is { Client: { IsPod: true, Owner: { } client }, Server: { IsPod: true, Owner: { } server } }
            && (client.Namespace, client.Pod) == (server.Namespace, server.Pod))
            return new PolicyResult(null, null);
        return new PolicyResult(
            Evaluate(connection, connection.Client, connection.Server, isIngress: false),
            Evaluate(connection, connection.Server, connection.Client, isIngress: true));
    }

    private DirectionResult? Evaluate(in PolicyConnection connection, PolicyEnd subject, PolicyEnd peer, bool isIngress)
    {
        if (!subject.IsPod)
            return null;
        Owner pod = subject.Owner!;
        PolicyObject[] admin = Select(_admin, pod, isIngress);
        PolicyObject[] ordinary = Select(_byNamespace[pod.Namespace!], pod, isIngress);
        PolicyObject[] baseline = ordinary.Length > 0 ? [] : Select(_baseline, pod, isIngress);
        PolicyObject[] selecting = [.. admin, .. ordinary, .. baseline];
        if (selecting.Length == 0)
            return null;
        // Else the kubelet could not probe its pods.
        if (peer.IsHost && peer.Owner!.Node == pod.Node)
            return new DirectionResult(isIngress, true, selecting, null);
        if (FindDecision(admin, connection, peer, isIngress) is ({ } first, not PolicyAction.Pass and var action))
            return new DirectionResult(isIngress, action == PolicyAction.Allow, selecting, first);
        if (ordinary.Length > 0)
        {
            PolicyObject? allowing = FindDecision(ordinary, connection, peer, isIngress).Policy;
            return new DirectionResult(isIngress, allowing is not null, selecting, allowing);
        }

        (PolicyObject? last, PolicyAction decision) = FindDecision(baseline, connection, peer, isIngress);
        return new DirectionResult(isIngress, decision != PolicyAction.Deny, selecting, last);
    }

    private PolicyObject[] Select(IEnumerable<PolicyObject> policies, Owner pod, bool isIngress) =>
        [.. policies.Where(policy => GetRules(policy, isIngress) is not null && Match.Selects(policy, pod))];

    // Of the first rule that matches; without one, Allow.
    private (PolicyObject? Policy, PolicyAction Action) FindDecision(
        PolicyObject[] policies, in PolicyConnection connection, PolicyEnd peer, bool isIngress)
    {
        foreach (PolicyObject policy in policies)
        {
            foreach (PolicyRule rule in GetRules(policy, isIngress)!)
            {
                if (Match.Matches(rule, policy, connection, peer))
                    return (policy, rule.Action);
            }
        }

        return (null, PolicyAction.Allow);
    }

    private static IReadOnlyList<PolicyRule>? GetRules(PolicyObject policy, bool isIngress) => isIngress ? policy.Ingress : policy.Egress;
}
