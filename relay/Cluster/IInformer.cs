namespace Depmap.Relay.Cluster;

/// <summary>Lists and watches all objects of one kind.</summary>
internal interface IInformer
{
    /// <summary>The resource name, such as <c>pods</c>.</summary>
    string Name { get; }

    /// <summary>Whether a list was complete once. Objects are kept until a newer list is complete.</summary>
    bool Synced { get; }

    /// <summary>Why the last request failed; null if it did not.</summary>
    string? OutageReason { get; }

    /// <summary>Runs until cancelled.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
