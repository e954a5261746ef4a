using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The names in the kubeconfig that complete the value of a flag.</summary>
internal static class KubeconfigNames
{
    /// <param name="flag">The name of the flag, such as <c>--context</c>.</param>
    /// <param name="kubeconfig">The file of <c>--kubeconfig</c>; null if it is not given.</param>
    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <returns>Empty for other flags, or if the kubeconfig cannot be read.</returns>
    public static IEnumerable<string> For(string flag, string? kubeconfig, Func<string, string?> variable)
    {
        Func<MergedKubeconfig, IEnumerable<string?>>? select = flag switch
        {
            "--context" => config => config.Contexts.Keys,
            "--cluster" => config => config.Clusters.Keys,
            "--user" => config => config.Users.Keys,
            "--namespace" or "--from-namespace" or "--to-namespace" or "--depmap-namespace" =>
                config => config.Contexts.Values.Select(context => context.Text("namespace")),
            _ => null,
        };
        if (select is null)
            return [];
        try
        {
            MergedKubeconfig config = KubeconfigFiles.Choose(kubeconfig, variable).Read();
            return [.. select(config).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        }
        catch (ApiException)
        {
            // The command itself says why.
            return [];
        }
    }
}
