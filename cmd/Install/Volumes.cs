using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>Adds volumes to pods with one container.</summary>
internal static class Volumes
{
    /// <param name="kind">The field of the volume that describes its source, such as <c>secret</c>.</param>
    public static void Add(JsonObject pod, string name, string mountPath, string kind, JsonObject source, bool isReadOnly = false)
    {
        var mount = new JsonObject { ["name"] = name, ["mountPath"] = mountPath };
        if (isReadOnly)
            mount["readOnly"] = true;
        AddTo(pod, "volumes", new JsonObject { ["name"] = name, [kind] = source });
        AddTo((JsonObject)pod["containers"]![0]!, "volumeMounts", mount);
    }

    private static void AddTo(JsonObject parent, string list, JsonObject item)
    {
        if (parent[list] is not JsonArray items)
            parent[list] = items = [];
        items.Add((JsonNode)item);
    }
}
