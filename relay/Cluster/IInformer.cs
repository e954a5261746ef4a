namespace Depmap.Relay.Cluster;

/// <summary>Follows all objects of one kind.</summary>
internal interface IInformer
{
    /// <summary>As RBAC calls the kind.</summary>
    string Name { get; }

    /// <summary>It has had a whole list once; what it holds stays until it has a newer one.</summary>
    bool Synced { get; }

    /// <summary>Why the API server gives nothing now; null while it does.</summary>
    string? Away { get; }

    /// <summary>Runs until cancelled.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
