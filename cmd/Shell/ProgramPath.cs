namespace Depmap.Plugin.Shell;

/// <summary>
/// Finds a program to run as Go's LookPath does for kubectl. Process.Start would also take one from the current folder
/// or from beside this program, where anyone may have put it.
/// </summary>
/// <param name="variable">Returns the value of an environment variable.</param>
internal sealed class ProgramPath(Func<string, string?> variable, bool isWindows)
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="command">An absolute path, or a name to look up in PATH.</param>
    /// <returns>The path, or why there is none.</returns>
    public (string? Path, string? Error) Find(string command)
    {
        if (HasFolder(command))
        {
            return Candidates(command).FirstOrDefault(IsProgram) is { } found ? (found, null)
                : Directory.Exists(command) ? (null, "it is a folder")
                : File.Exists(command) ? (null, "it is not executable")
                : (null, "there is no such file");
        }

        // A relative folder in PATH depends on the current folder.
        IEnumerable<string> folders = (variable("PATH") ?? "").Split(isWindows ? ';' : ':')
            .Select(folder => isWindows ? folder.Trim('"') : folder)
            .Where(Path.IsPathFullyQualified);
        return folders.SelectMany(folder => Candidates(Path.Combine(folder, command))).FirstOrDefault(IsProgram) is { } program
            ? (program, null)
            : (null, "it is not in PATH");
    }

    /// <summary>Whether a command is a path, not a name to look up.</summary>
    public bool HasFolder(string command) => isWindows ? command.AsSpan().IndexOfAny("/\\:") >= 0 : command.Contains('/');

    private IEnumerable<string> Candidates(string path)
    {
        if (!isWindows)
            return [path];
        string[] extensions = (variable("PATHEXT") is { Length: > 0 } list ? list : ".COM;.EXE;.BAT;.CMD")
            .Split(';', StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> extended = extensions.Select(extension => path + extension.ToLowerInvariant());
        return Path.HasExtension(path) ? [path, .. extended] : extended;
    }

    private bool IsProgram(string path) => File.Exists(path)
        && (isWindows || OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Executable) != 0);
}
