namespace Depmap.Plugin.Pictures;

/// <summary>Decides which groups of a map are folded at first, so that a large one stays readable.</summary>
internal static class FoldedGroups
{
    /// <summary>Up to so many nodes are drawn.</summary>
    private const int ReadableNodes = 150;

    private const int ReadableLines = 600;

    /// <summary>Ends outside the cluster, and Kubernetes nodes, are folded if there are more.</summary>
    private const int ReadableOutside = 8;

    /// <summary>Whether all groups are folded.</summary>
    public static bool AreAll(MapGraph graph)
    {
        bool[] isLarge = [.. Enumerable.Range(0, graph.Groups.Count).Select(group => IsLargeOutside(graph, group))];
        int nodes = graph.Nodes.Count(node => node.Group < 0 || !isLarge[node.Group]);
        return graph.Groups.Count > 1 && (nodes > ReadableNodes || graph.Lines.Count > ReadableLines);
    }

    /// <summary>Whether it is a group of ends outside the cluster, or of Kubernetes nodes, with many members.</summary>
    public static bool IsLargeOutside(MapGraph graph, int group) =>
        graph.Groups[group].Kind != GraphGroupKind.Namespace && graph.Nodes.Count(node => node.Group == group) > ReadableOutside;
}
