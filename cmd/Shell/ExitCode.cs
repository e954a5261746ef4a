namespace Depmap.Plugin.Shell;

/// <summary>What the process tells its caller, as kubectl does.</summary>
internal static class ExitCode
{
    /// <summary>Also for an end asked for by Ctrl-C, SIGTERM or a reader that left.</summary>
    public const int Success = 0;

    /// <summary>One <c>error:</c> line on stderr says why.</summary>
    public const int Failure = 1;
}
