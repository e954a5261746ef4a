using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>The files of <c>manifests/</c>, as they were when this program was built.</summary>
internal static class Manifests
{
    /// <summary>A fresh copy of each object, in the order in which they are applied.</summary>
    public static IEnumerable<JsonObject> Read(bool withHistory, bool withTrial) =>
        ((string[])["namespaces", "certificates", .. withHistory ? ["history"] : (string[])[], "relay", .. withTrial ? ["try"] : (string[])[], "agent"]).SelectMany(ReadFile);

    private static IEnumerable<JsonObject> ReadFile(string component)
    {
        using Stream resource = typeof(Manifests).Assembly.GetManifestResourceStream($"manifests/{component}.yaml")!;
        using var text = new StreamReader(resource);
        return [.. YamlJson.Read(text).Cast<JsonObject>()];
    }
}
