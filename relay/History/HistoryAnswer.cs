namespace Depmap.Relay.History;

/// <summary>The edges of a period.</summary>
/// <param name="Edges">Sorted as on the map.</param>
/// <param name="From">Since when they count, Unix nanoseconds.</param>
/// <param name="To">Until when; 0 if until now.</param>
/// <param name="Unmapped">Flows whose edges were removed, because there were too many.</param>
internal sealed record HistoryAnswer(List<V1.Edge> Edges, long From, long To, ulong Unmapped);
