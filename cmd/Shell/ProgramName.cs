namespace Depmap.Plugin.Shell;

/// <summary>The program's name as the user types it, for help and suggestions: <c>kubectl depmap</c> or <c>depmap</c>.</summary>
internal readonly record struct ProgramName(string Text)
{
    /// <param name="path">The path or name by which the program was started (argv[0]).</param>
    // kubectl starts a plugin as kubectl-NAME when the user types kubectl NAME.
    public static ProgramName FromPath(string path) =>
        new(Path.GetFileName(path).StartsWith("kubectl-", StringComparison.Ordinal) ? "kubectl depmap" : "depmap");

    public override string ToString() => Text;
}
