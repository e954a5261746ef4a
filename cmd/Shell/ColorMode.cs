namespace Depmap.Plugin.Shell;

/// <summary>When results are colored.</summary>
internal enum ColorMode
{
    /// <summary>By what stdout is, and by the environment.</summary>
    Auto,
    Always,
    Never,
}
