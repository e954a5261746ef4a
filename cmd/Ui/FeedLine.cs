namespace Depmap.Plugin.Ui;

/// <summary>A line for a page, with one of its members.</summary>
/// <param name="Feed">What it is about: the map or the flows.</param>
internal sealed record FeedLine(string Feed)
{
    /// <summary>Why there is nothing new at the moment.</summary>
    public string? Problem { get; init; }

    /// <summary>What the reader should know.</summary>
    public string? Note { get; init; }

    /// <summary>What is known to be missing.</summary>
    public string? Lost { get; init; }

    public IReadOnlyList<FlowRow>? Flows { get; init; }

    /// <summary>How many more flows there were, with <see cref="Flows"/>.</summary>
    public long? LeftOut { get; init; }
}
