using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>The members that every object of Kubernetes has.</summary>
internal static class KubernetesObject
{
    extension(JsonObject it)
    {
        public string Kind => (string)it["kind"]!;

        public string Name => (string)it["metadata"]!["name"]!;

        /// <summary>Null where it belongs to the whole cluster.</summary>
        public string? Namespace => (string?)it["metadata"]!["namespace"];

        public string? Component => (string?)it["metadata"]!["labels"]?["app.kubernetes.io/component"];

        /// <summary>As kubectl writes it in messages: <c>daemonset/depmap-agent</c>.</summary>
        public string Reference => $"{it.Kind.ToLowerInvariant()}/{it.Name}";

        /// <summary>The object at a path of names; made where it is missing.</summary>
        public JsonObject At(params ReadOnlySpan<string> path)
        {
            JsonObject place = it;
            foreach (string name in path)
            {
                if (place[name] is not JsonObject next)
                    place[name] = next = [];
                place = next;
            }

            return place;
        }
    }
}
