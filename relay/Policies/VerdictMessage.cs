using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Policies;

/// <summary>Converts what policies decide to the message for readers.</summary>
internal static class VerdictMessage
{
    // A namespace may have any number of policies.
    private const int MaxNames = 20;

    public static PolicyVerdict Create(PolicyTable table, in PolicyConnection connection)
    {
        PolicyResult result = table.Evaluate(connection);
        var message = new PolicyVerdict { Allowed = result.Allowed, Limits = { table.Limits } };
        foreach (DirectionResult? direction in (DirectionResult?[])[result.Egress, result.Ingress])
        {
            if (direction is not null)
                message.Directions.Add(Create(direction, connection, table.Match));
        }

        return message;
    }

    public static PolicyName Name(PolicyObject policy) =>
        new() { Kind = policy.Kind.ToString(), Namespace = policy.Namespace, Name = policy.Name };

    private static PolicyDirection Create(DirectionResult result, in PolicyConnection connection, PolicyMatch match)
    {
        // An administrator's rule that denies decides alone.
        bool isDenied = result is { Allowed: false, Deciding: not null };
        IReadOnlyList<PolicyObject> named = isDenied ? [result.Deciding!]
            : result is { Allowed: false } ? [.. result.Selecting.Where(policy => policy.Kind == PolicyKind.NetworkPolicy)]
            : result.Selecting;
        return new PolicyDirection
        {
            Ingress = result.IsIngress,
            Allowed = result.Allowed,
            Policies = { named.Take(MaxNames).Select(Name) },
            Reason = Reason(result, named.Count, connection),
            Nearest = result is { Allowed: false, Deciding: null } ? NearestRule.Describe(result, connection, match) ?? "" : "",
        };
    }

    private static string Reason(DirectionResult result, int count, in PolicyConnection connection)
    {
        string what = result.IsIngress
            ? $"{connection.Client} → {connection.PortText}"
            : $"→ {connection.Server}:{connection.PortText}";
        if (!result.Allowed)
        {
            string selects = count == 1 ? "selects" : "select";
            return result.Deciding is not null
                ? $"denies {what}"
                : $"{selects} the {(result.IsIngress ? "server" : "client")}, no rule allows {what}";
        }

        if (result.Deciding is { } policy)
            return $"{(policy.Namespace.Length > 0 ? policy.Namespace + "/" : "")}{policy.Name} allows {what}";
        PolicyEnd peer = result.IsIngress ? connection.Client : connection.Server;
        return peer.IsHost ? "a pod's own node is always allowed" : $"no rule denies {what}";
    }
}
