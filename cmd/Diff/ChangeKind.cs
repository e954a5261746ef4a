namespace Depmap.Plugin.Diff;

/// <summary>How an edge differs, in the order of output.</summary>
internal enum ChangeKind
{
    /// <summary>It has failed connections, and had none.</summary>
    Failing,

    /// <summary>It is in the second map only.</summary>
    New,

    /// <summary>It is in the first map only.</summary>
    Gone,

    /// <summary>It had failed connections, and has none.</summary>
    Recovered,

    /// <summary>Connections, failures or bytes differ a lot.</summary>
    Changed,
}
