using CsCheck;
using Depmap.Plugin.Layout;

namespace Depmap.Plugin.Tests.Layout;

/// <summary>Graphs for tests of the layout.</summary>
internal static class LayoutGraphs
{
    /// <summary>Any graph of up to 40 nodes in up to 5 groups, with loops, cycles and nodes of different sizes.</summary>
    public static Gen<LayoutGraph> Any => Gen.Int[0, 5].SelectMany(groups => Nodes(groups).SelectMany(
        nodes => Edges(nodes.Length).Select(edges => new LayoutGraph(nodes, edges, groups))));

    /// <summary>Services in namespaces: most edges stay in a namespace or lead to the next layer, a few lead back.</summary>
    public static LayoutGraph Services(int nodes, int edges, int groups, int seed = 1)
    {
        uint state = (uint)seed;
        int Next(int bound)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            return (int)((state >> 8) % (uint)bound);
        }

        LayoutNode[] all = [.. Enumerable.Range(0, nodes).Select(i => new LayoutNode(160, 40, i * groups / nodes))];
        int[] layer = [.. Enumerable.Range(0, nodes).Select(_ => Next(6))];
        int size = Math.Max(1, nodes / groups);
        var result = new List<LayoutEdge>();
        while (result.Count < edges)
        {
            int source = Next(nodes);
            int target = Next(3) > 0 ? Math.Min(nodes - 1, (source / size * size) + Next(size)) : Next(nodes);
            if (layer[target] > layer[source] || Next(50) == 0)
                result.Add(new LayoutEdge(source, target));
        }

        return new LayoutGraph(all, result, groups);
    }

    private static Gen<LayoutNode[]> Nodes(int groups) => Gen.Select(Gen.Double[20, 200], Gen.Double[16, 60], Gen.Int[-1, groups - 1])
        .Select((width, height, index) => new LayoutNode(width, height, index)).Array[1, 40];

    private static Gen<LayoutEdge[]> Edges(int nodes) => Gen.Select(Gen.Int[0, nodes - 1], Gen.Int[0, nodes - 1])
        .Select((source, target) => new LayoutEdge(source, target)).Array[0, 90];
}
