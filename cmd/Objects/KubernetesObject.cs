using System.Text.Json.Nodes;

namespace Depmap.Plugin.Objects;

/// <summary>The fields that all Kubernetes objects have.</summary>
internal static class KubernetesObject
{
    extension(JsonObject resource)
    {
        public string Kind => (string)resource["kind"]!;

        public string Name => (string)resource["metadata"]!["name"]!;

        /// <summary>Null for a cluster-scoped object.</summary>
        public string? Namespace => (string?)resource["metadata"]!["namespace"];

        public string? Component => resource.Label(ProductLabels.Component);

        /// <summary>As kubectl prints it: <c>daemonset/depmap-agent</c>.</summary>
        public string Reference => $"{resource.Kind.ToLowerInvariant()}/{resource.Name}";

        public string? Label(string name) => (string?)resource["metadata"]?["labels"]?[name];

        public string? Annotation(string name) => (string?)resource["metadata"]?["annotations"]?[name];

        /// <summary>The object at a path of field names. It is created if it does not exist.</summary>
        public JsonObject At(params ReadOnlySpan<string> path)
        {
            JsonObject current = resource;
            foreach (string name in path)
            {
                if (current[name] is not JsonObject next)
                    current[name] = next = [];
                current = next;
            }

            return current;
        }
    }
}
