namespace Depmap.Relay.History;

/// <summary>A store that was opened.</summary>
/// <param name="Problem">Why it is not the one that was asked for; null if it is.</param>
internal sealed record OpenedHistory(IHistoryStore Store, HistoryContents Contents, HistoryLimits Limits, string? Problem);
