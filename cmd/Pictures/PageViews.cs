namespace Depmap.Plugin.Pictures;

/// <summary>A view of a page.</summary>
/// <param name="Focus">The group that it opens, the others being folded; -1 if it shows all.</param>
internal sealed record PageView(string Title, int Focus, MapView View);

/// <summary>The views that a page offers; the first is shown first.</summary>
internal static class PageViews
{
    /// <summary>Larger maps have no view with everything, which nobody could read.</summary>
    private const int MaxNodes = 500;
    private const int MaxLines = 2_000;

    public static IReadOnlyList<PageView> Of(MapGraph graph)
    {
        List<PageView> views = [];
        bool isLarge = FoldedGroups.AreAll(graph);
        bool foldsOutside = Enumerable.Range(0, graph.Groups.Count).Any(group => FoldedGroups.IsLargeOutside(graph, group));
        var folded = new PageView("Namespaces", -1, MapView.Of(graph, _ => true));
        if (isLarge)
            views.Add(folded);
        if (!isLarge || graph.Nodes.Count <= MaxNodes && graph.Lines.Count <= MaxLines)
        {
            views.Add(new PageView("Workloads", -1, MapView.Of(graph, group => FoldedGroups.IsLargeOutside(graph, group))));
            if (foldsOutside)
                views.Add(new PageView("Everything", -1, MapView.Of(graph, _ => false)));
        }

        if (!isLarge && graph.Groups.Count > 1)
            views.Add(folded);
        if (graph.Groups.Count > 1)
        {
            views.AddRange(Enumerable.Range(0, graph.Groups.Count)
                .OrderBy(group => graph.Groups[group].Kind)
                .Select(group => new PageView(graph.Groups[group].Name, group, MapView.Around(graph, group))));
        }

        return views;
    }
}
