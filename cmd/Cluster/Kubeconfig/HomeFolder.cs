namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The user's home folder, as client-go finds it. On Windows there may be several.</summary>
internal static class HomeFolder
{
    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <returns>Null if there is none.</returns>
    public static string? Find(Func<string, string?> variable, bool isWindows)
    {
        if (!isWindows)
            return variable("HOME") is { Length: > 0 } single ? single : null;
        string? drive = variable("HOMEDRIVE"), path = variable("HOMEPATH");
        string?[] folders =
            [variable("HOME"), string.IsNullOrEmpty(drive) || string.IsNullOrEmpty(path) ? null : drive + path, variable("USERPROFILE")];
        string[] known = [.. folders.OfType<string>().Where(folder => folder.Length > 0)];
        return known.FirstOrDefault(folder => File.Exists(Kubeconfig(folder))) ?? known.FirstOrDefault(Directory.Exists);
    }

    public static string Kubeconfig(string home) => Path.Combine(home, ".kube", "config");
}
