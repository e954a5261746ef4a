namespace Depmap.Plugin.Install;

/// <summary>kubectl's <c>--dry-run</c>.</summary>
internal enum DryRun
{
    None,

    /// <summary>Nothing is sent that would change an object.</summary>
    Client,

    /// <summary>The API server validates the requests without storing their results.</summary>
    Server,
}
