namespace Depmap.Relay.History;

/// <summary>How much is kept.</summary>
/// <param name="Minutes">How long minutes are kept before only hours are.</param>
/// <param name="Hours">How long hours are kept.</param>
/// <param name="Bytes">The maximum size; the oldest is removed beyond it.</param>
/// <param name="Edges">The maximum number of edges.</param>
internal sealed record HistoryLimits(TimeSpan Minutes, TimeSpan Hours, long Bytes, long Edges)
{
    /// <summary>What is kept in memory.</summary>
    public static HistoryLimits InMemory(long edges) => new(TimeSpan.FromHours(1), TimeSpan.Zero, long.MaxValue, edges);

    /// <param name="retain">How long growth is kept; by the minute for a day.</param>
    public static HistoryLimits InFile(TimeSpan retain, long bytes, long edges) =>
        new(retain < TimeSpan.FromDays(1) ? retain : TimeSpan.FromDays(1), retain, bytes, edges);
}
