using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The text of what policies say about a connection.</summary>
internal static class PolicyText
{
    private const int MaxNames = 3;

    /// <summary>
    /// <c>policy shop/deny-all (ingress)</c>; <c>policies allow it</c> if something else must have dropped it; null if nothing is known.
    /// </summary>
    public static string? Short(Flow flow)
    {
        if (flow.Policy is not { } verdict)
            return null;
        if (verdict.Allowed)
            return "policies allow it";
        string policies = string.Join(", ", verdict.Directions.Where(direction => !direction.Allowed)
            .Select(direction => $"{Names(direction)} ({Of(direction)})"));
        // Behind a timeout, the policy need not be the reason.
        return flow.DropReason == DropReason.Policy ? $"policy {policies}" : $"forbidden by policy {policies}";
    }

    /// <summary><c>shop/deny-all (ingress): selects the server, no rule allows shop/web → 8080</c></summary>
    public static string Long(PolicyDirection direction) => $"{Names(direction)} ({Of(direction)}): {direction.Reason}";

    public static string Of(PolicyDirection direction) => direction.Ingress ? "ingress" : "egress";

    /// <summary><c>shop/deny-all</c>; for the kinds without a namespace <c>AdminNetworkPolicy/NAME</c>.</summary>
    public static string Name(PolicyName policy) =>
        policy.Namespace.Length > 0 ? $"{policy.Namespace}/{policy.Name}" : $"{policy.Kind}/{policy.Name}";

    private static string Names(PolicyDirection direction)
    {
        string[] names = [.. direction.Policies.Select(Name)];
        return names.Length <= MaxNames
            ? string.Join(", ", names)
            : $"{string.Join(", ", names[..(MaxNames - 1)])} and {names.Length - MaxNames + 1} others";
    }
}
