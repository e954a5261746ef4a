using Depmap.Plugin.Layout;

namespace Depmap.Plugin.Pictures;

/// <summary>The graph with some of its groups folded to one node each.</summary>
internal sealed class MapView
{
    public const double NodeWidth = 190;
    public const double NodeHeight = 44;

    private MapView(MapGraph graph, IReadOnlyList<ViewItem> items, IReadOnlyList<ViewLine> lines)
    {
        Graph = graph;
        Items = items;
        Lines = lines;
    }

    public MapGraph Graph { get; }

    public IReadOnlyList<ViewItem> Items { get; }

    /// <summary>Without those inside a folded group.</summary>
    public IReadOnlyList<ViewLine> Lines { get; }

    public static MapView Of(MapGraph graph, Func<int, bool> isFolded) => Of(graph, isFolded, _ => true);

    /// <summary>One group and what it is connected with: the other groups folded, without the lines between them.</summary>
    public static MapView Around(MapGraph graph, int center) => Of(
        graph, group => group != center, line => graph.Nodes[line.Source].Group == center || graph.Nodes[line.Target].Group == center);

    public Drawing Draw()
    {
        LayoutNode[] nodes = [.. Items.Select(item => new LayoutNode(NodeWidth, NodeHeight, item.Box))];
        LayoutEdge[] edges = [.. Lines.Select(line => new LayoutEdge(line.Source, line.Target))];
        return LayeredLayout.Draw(new LayoutGraph(nodes, edges, Graph.Groups.Count));
    }

    private static MapView Of(MapGraph graph, Func<int, bool> isFolded, Func<GraphLine, bool> isShown)
    {
        GraphLine[] shown = [.. graph.Lines.Where(isShown)];
        // Each node has a line.
        var used = shown.SelectMany(line => (int[])[line.Source, line.Target]).ToHashSet();
        bool[] folded = [.. Enumerable.Range(0, graph.Groups.Count).Select(isFolded)];
        var usedGroups = used.Select(node => graph.Nodes[node].Group).ToHashSet();
        List<ViewItem> items = [];
        var itemOfGroup = new int[graph.Groups.Count];
        for (int group = 0; group < folded.Length; group++)
        {
            if (!folded[group] || !usedGroups.Contains(group))
                continue;
            itemOfGroup[group] = items.Count;
            items.Add(Folded(graph, group));
        }

        var itemOfNode = new int[graph.Nodes.Count];
        for (int i = 0; i < itemOfNode.Length; i++)
        {
            GraphNode node = graph.Nodes[i];
            if (!used.Contains(i))
                continue;
            if (node.Group >= 0 && folded[node.Group])
            {
                itemOfNode[i] = itemOfGroup[node.Group];
                continue;
            }

            itemOfNode[i] = items.Count;
            items.Add(new ViewItem(node.Name, node.Detail, node.Kind, i, -1, node.Group));
        }

        ViewLine[] lines =
        [
            .. shown
                .GroupBy(line => (Source: itemOfNode[line.Source], Target: itemOfNode[line.Target]))
                .Where(group => group.Key.Source != group.Key.Target || items[group.Key.Source].Folded < 0)
                .Select(group => new ViewLine(group.Key.Source, group.Key.Target, [.. group])),
        ];
        return new MapView(graph, items, lines);
    }

    private static ViewItem Folded(MapGraph graph, int group)
    {
        (string one, string many, GraphNodeKind kind) = graph.Groups[group].Kind switch
        {
            GraphGroupKind.Namespace => ("workload", "workloads", GraphNodeKind.Namespace),
            GraphGroupKind.Hosts => ("node", "nodes", GraphNodeKind.Host),
            GraphGroupKind.OutsideClients => ("client", "clients", GraphNodeKind.Outside),
            _ => ("server", "servers", GraphNodeKind.Outside),
        };
        int count = graph.Nodes.Count(node => node.Group == group);
        return new ViewItem(graph.Groups[group].Name, $"{count} {(count == 1 ? one : many)}", kind, -1, group, -1);
    }
}
