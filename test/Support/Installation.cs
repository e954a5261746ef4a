namespace Depmap.Support;

/// <summary>The paths of the repository and of the published programs.</summary>
public static class Installation
{
    public static readonly string Root = FindRoot();

    /// <summary>The scripts that start a cluster, which are outside of this repository.</summary>
    public static readonly string ClusterScripts =
        Path.GetFullPath(Environment.GetEnvironmentVariable("DEPMAP_CLUSTER") ?? File("../shared/k8s"));

    private static readonly string Programs = Environment.GetEnvironmentVariable("DEPMAP_BIN") is { Length: > 0 } given
        ? Path.GetFullPath(given)
        : Path.Combine(Root, "out");

    public static string Agent => Program("depmap-agent");

    public static string Relay => Program("depmap-relay");

    public static string Plugin => Program("kubectl-depmap");

    /// <summary>The full path of a file in this repository.</summary>
    public static string File(string path) => Path.Combine(Root, path);

    private static string Program(string name)
    {
        string file = Path.Combine(Programs, name);
        return System.IO.File.Exists(file)
            ? file
            : throw new InvalidOperationException($"These tests run the published programs, and there is no {file}: run `make all`.");
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "test/lab/lab")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException(
            "These tests run in a clone of the repository, and there is no test/lab/lab above them.");
    }
}
