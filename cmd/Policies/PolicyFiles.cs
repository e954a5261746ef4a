using System.Text;
using System.Text.Json.Nodes;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Yaml;
using YamlDotNet.Core;

namespace Depmap.Plugin.Policies;

/// <summary>Reads policies from a file, or from the YAML and JSON files of a folder.</summary>
internal static class PolicyFiles
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    // Kinds of the same name belong to other APIs too, such as Calico's.
    private static readonly Dictionary<string, string> Groups = new()
    {
        ["NetworkPolicy"] = "networking.k8s.io/v1",
        ["AdminNetworkPolicy"] = "policy.networking.k8s.io/v1alpha1",
        ["BaselineAdminNetworkPolicy"] = "policy.networking.k8s.io/v1alpha1",
    };

    /// <summary>A List of the policies as JSON; other objects are left out. The error is a complete message.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="ns">The namespace of policies without one.</param>
    public static Parsed<byte[]> Read(string path, string ns)
    {
        var policies = new JsonArray();
        try
        {
            string[] files = Directory.Exists(path)
                ? [.. Directory.EnumerateFiles(path).Where(IsPolicyFile).Order(StringComparer.Ordinal)]
                : [path];
            foreach (string file in files)
            {
                if (Add(policies, file, ns) is { } error)
                    return Parsed<byte[]>.Invalid($"{file}: {error}");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Parsed<byte[]>.Invalid($"cannot read {path}: {FileFailure.Describe(path, e)}");
        }

        if (policies.Count == 0)
            return Parsed<byte[]>.Invalid($"{path}: there is no NetworkPolicy");
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = policies };
        return Encoding.UTF8.GetBytes(list.ToJsonString());
    }

    private static bool IsPolicyFile(string file) => Extensions.Contains(Path.GetExtension(file));

    private static string? Add(JsonArray policies, string file, string ns)
    {
        try
        {
            using var text = new StreamReader(file);
            foreach (JsonNode document in YamlJson.Read(text))
            {
                if (Add(policies, document, ns) is { } error)
                    return error;
            }

            return null;
        }
        catch (YamlException e)
        {
            return $"line {e.Start.Line}: {e.Message}";
        }
    }

    private static string? Add(JsonArray policies, JsonNode document, string ns)
    {
        if (document is not JsonObject item || Text(item["kind"]) is not { } kind)
            return "expected Kubernetes objects";
        if (item["items"] is JsonArray items)
            return items.OfType<JsonNode>().Select(each => Add(policies, WithKind(each, kind), ns)).FirstOrDefault(it => it is not null);
        if (!Groups.TryGetValue(kind, out string? group))
            return null;
        string name = Text((item["metadata"] as JsonObject)?["name"]) ?? "";
        if (Text(item["apiVersion"]) is { } version && version != group)
            return $"{kind} {name} is of {version}, which Depmap does not evaluate: use {group}";
        if (item["metadata"] is not JsonObject metadata || name.Length == 0)
            return $"a {kind} has no metadata.name";
        var policy = (JsonObject)item.DeepClone();
        if (kind == "NetworkPolicy" && Text(metadata["namespace"]) is not { Length: > 0 })
            policy["metadata"]!["namespace"] = ns;
        policies.Add((JsonNode)policy);
        return null;
    }

    // The items of a NetworkPolicyList need not name their kind.
    private static JsonNode WithKind(JsonNode item, string list)
    {
        if (item is not JsonObject entry || entry.ContainsKey("kind") || !list.EndsWith("List", StringComparison.Ordinal))
            return item;
        var copy = (JsonObject)entry.DeepClone();
        copy["kind"] = list[..^"List".Length];
        return copy;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
