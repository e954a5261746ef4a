using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The kubeconfig files that kubectl reads, in its order.</summary>
/// <param name="Paths">Some may not exist, unless <paramref name="MustExist"/>.</param>
/// <param name="MustExist">The user gave the path.</param>
internal readonly record struct KubeconfigFiles(IReadOnlyList<string> Paths, bool MustExist)
{
    /// <summary><c>--kubeconfig</c>, else the list in <c>KUBECONFIG</c>, else <c>~/.kube/config</c>.</summary>
    public static KubeconfigFiles Choose(string? option, Func<string, string?> variable)
    {
        if (option is not null)
            return new KubeconfigFiles([option], MustExist: true);
        if (variable("KUBECONFIG") is { Length: > 0 } list)
        {
            string[] paths = list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
            return new KubeconfigFiles([.. paths.Distinct(StringComparer.Ordinal)], MustExist: false);
        }

        return new KubeconfigFiles(
            HomeFolder.Find(variable, OperatingSystem.IsWindows()) is { } home ? [HomeFolder.Kubeconfig(home)] : [], MustExist: false);
    }

    /// <exception cref="ApiException">A file cannot be read, or is not a kubeconfig.</exception>
    public MergedKubeconfig Read()
    {
        var merged = new MergedKubeconfig();
        foreach (string path in Paths)
        {
            try
            {
                using StreamReader text = File.OpenText(path);
                merged.Add(text, path);
            }
            catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException && !MustExist)
            {
                // As in kubectl, a list may name files that do not exist yet.
            }
            catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new ApiException($"the kubeconfig {path} does not exist", failure);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new ApiException($"cannot read the kubeconfig {path}: {FileFailure.Describe(path, failure)}", failure);
            }
        }

        return merged;
    }
}
