namespace Depmap.Plugin.Shell;

/// <summary>The exit codes of the process, the same as kubectl's.</summary>
internal static class ExitCode
{
    /// <summary>Also when <c>--follow</c> ends because of Ctrl-C, SIGTERM or a closed pipe.</summary>
    public const int Success = 0;

    /// <summary>The reason is in one <c>error:</c> line on stderr.</summary>
    public const int Failure = 1;

    /// <summary><c>diff</c>: the maps differ. As for <c>kubectl diff</c>.</summary>
    public const int Different = 1;

    /// <summary><c>diff</c>: the reason is in one <c>error:</c> line on stderr.</summary>
    public const int DiffFailure = 2;

    /// <summary>Ctrl-C or another signal interrupted a change: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;
}
