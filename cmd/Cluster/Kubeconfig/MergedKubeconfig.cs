using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Yaml;
using YamlDotNet.Core;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Several kubeconfigs merged as kubectl does: the first file that defines a name or the current context wins.</summary>
internal sealed class MergedKubeconfig
{
    private readonly Dictionary<string, KubeconfigEntry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigEntry> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeconfigEntry> _contexts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, KubeconfigEntry> Clusters => _clusters;

    public IReadOnlyDictionary<string, KubeconfigEntry> Users => _users;

    public IReadOnlyDictionary<string, KubeconfigEntry> Contexts => _contexts;

    public string? CurrentContext { get; private set; }

    /// <summary>No cluster and no context.</summary>
    public bool IsEmpty => _clusters.Count == 0 && _contexts.Count == 0;

    /// <exception cref="ApiException">The text is not a kubeconfig.</exception>
    public void Add(TextReader text, string file)
    {
        try
        {
            if (YamlJson.Read(text).FirstOrDefault() is not { } root)
                return;
            if (root is not JsonObject config)
                throw new ApiException($"{file} is not a kubeconfig");
            Add(_clusters, config, "clusters", "cluster", file);
            Add(_users, config, "users", "user", file);
            Add(_contexts, config, "contexts", "context", file);
            if (config["current-context"] is JsonValue current && current.ToString() is { Length: > 0 } name)
                CurrentContext ??= name;
        }
        catch (YamlException failure)
        {
            throw new ApiException($"the kubeconfig {file} is not valid YAML: line {failure.Start.Line}: {failure.Message}", failure);
        }
    }

    private static void Add(Dictionary<string, KubeconfigEntry> into, JsonObject config, string list, string field, string file)
    {
        if (config[list] is null)
            return;
        if (config[list] is not JsonArray entries)
            throw new ApiException($"{file} is not a kubeconfig: {list} is not a list");
        foreach (JsonObject entry in entries.OfType<JsonObject>())
        {
            if (entry["name"] is JsonValue name)
                into.TryAdd(name.ToString(), new KubeconfigEntry(entry[field] as JsonObject ?? [], file));
        }
    }
}
