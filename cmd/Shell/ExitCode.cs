namespace Depmap.Plugin.Shell;

/// <summary>What the process tells its caller, as kubectl does.</summary>
internal static class ExitCode
{
    /// <summary>Also for a follow whose end was asked for by Ctrl-C, SIGTERM or a reader that left.</summary>
    public const int Success = 0;

    /// <summary>One <c>error:</c> line on stderr says why.</summary>
    public const int Failure = 1;

    /// <summary>What was to be done was stopped half-way by Ctrl-C or the like: 128 + SIGINT, as shells have it.</summary>
    public const int Stopped = 130;
}
