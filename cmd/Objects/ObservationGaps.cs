using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Objects;

/// <summary>The line that says which nodes had no agent for a while: <c>n1 was not observed for 12 s in the last hour</c>.</summary>
internal static class ObservationGaps
{
    private const int MaxNamed = 3;

    /// <returns>Null if there are none.</returns>
    public static string? Describe(IEnumerable<ObservationGap> gaps)
    {
        (string Node, long Length)[] nodes =
        [
            .. gaps.GroupBy(gap => gap.Node, gap => gap.ToUnixNs - gap.FromUnixNs)
                .Select(node => (Node: node.Key, Length: node.Sum()))
                .OrderByDescending(node => node.Length).ThenBy(node => node.Node, StringComparer.Ordinal),
        ];
        if (nodes.Length == 0)
            return null;
        string others = string.Concat(nodes.Take(1..MaxNamed).Select(node => $", {node.Node} for {Seconds(node.Length)} s"));
        string more = nodes.Length > MaxNamed ? $", and {nodes.Length - MaxNamed} more" : "";
        return $"{nodes[0].Node} was not observed for {Seconds(nodes[0].Length)} s in the last hour{others}{more}";
    }

    private static long Seconds(long nanoseconds) => (nanoseconds + UnixTime.Second - 1) / UnixTime.Second;
}
