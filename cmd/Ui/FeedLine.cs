namespace Depmap.Plugin.Ui;

/// <summary>A line of a feed, with one of its members.</summary>
internal sealed record FeedLine
{
    /// <summary>Why there is nothing new at the moment.</summary>
    public string? Problem { get; init; }

    /// <summary>What the reader should know.</summary>
    public string? Note { get; init; }

    public IReadOnlyList<FlowRow>? Flows { get; init; }

    /// <summary>How many more flows there were, with <see cref="Flows"/>.</summary>
    public long? LeftOut { get; init; }
}
