namespace Depmap.Plugin.Pictures;

/// <summary>The lines of the graph between two items, drawn as one.</summary>
/// <param name="Source">The index of the client's item.</param>
/// <param name="Target">The index of the server's item.</param>
internal sealed record ViewLine(int Source, int Target, IReadOnlyList<GraphLine> Lines)
{
    public Traffic Traffic { get; } = Lines.Aggregate(default(Traffic), (sum, line) => sum + line.Traffic);

    /// <summary>Ports of one line; of several the number of dependencies.</summary>
    public string Label => Lines is [GraphLine line] ? LineLabel.Of(line)
        : Traffic.IsFailing ? $"{Lines.Count} dependencies ({Traffic.Dropped} dropped)"
        : $"{Lines.Count} dependencies";
}
