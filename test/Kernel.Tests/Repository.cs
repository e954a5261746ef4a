using System.Diagnostics;

namespace Depmap.Kernel.Tests;

/// <summary>The clone that these tests run in.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    public static string File(string path) => Path.Combine(Root, path);

    /// <summary>Runs a command of bash at the root.</summary>
    public static Process Start(string command, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash") { ArgumentList = { "-c", command }, WorkingDirectory = Root };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !Directory.Exists(Path.Combine(folder, "test/kernels")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("These tests run in a clone of the repository, and there is no test/kernels above them.");
    }
}
