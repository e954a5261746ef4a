namespace Depmap.Plugin.Objects;

/// <summary>The line that says which nodes are not observed: <c>1 of 3 nodes is not observed: n2 (the node is not ready)</c>.</summary>
internal static class UnobservedNodes
{
    private const int MaxNamed = 3;

    /// <param name="total">The number of nodes, observed or not.</param>
    /// <returns>Null if all nodes are observed.</returns>
    public static string? Describe(int total, IReadOnlyList<(string Name, string Reason)> unobserved)
    {
        if (unobserved.Count == 0)
            return null;
        return $"{unobserved.Count} of {total} {(total == 1 ? "node" : "nodes")} {(unobserved.Count == 1 ? "is" : "are")} not observed: "
            + List(unobserved);
    }

    /// <summary>The nodes by reason: <c>n2, n3 (the node is not ready), w1 (Windows is not supported)</c>.</summary>
    public static string List(IEnumerable<(string Name, string Reason)> unobserved) => string.Join(", ", unobserved
        .GroupBy(node => node.Reason, node => node.Name)
        .Select(group => $"{Names([.. group.Order(StringComparer.Ordinal)])} ({group.Key})"));

    /// <summary>The first names, and the number of others.</summary>
    public static string Names(IReadOnlyList<string> names) => names.Count <= MaxNamed
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(MaxNamed))} and {names.Count - MaxNamed} more";
}
