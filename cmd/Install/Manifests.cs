using System.Text.Json.Nodes;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Install;

/// <summary>The files of <c>manifests/</c>, embedded in this program.</summary>
internal static class Manifests
{
    /// <summary>A new copy of each object, in <see cref="InstallOrder"/>.</summary>
    public static IEnumerable<JsonObject> Read(InstallValues values) =>
        InstallOrder.Manifests(values).SelectMany(ReadFile);

    private static IEnumerable<JsonObject> ReadFile(string name)
    {
        using Stream resource = typeof(Manifests).Assembly.GetManifestResourceStream($"manifests/{name}.yaml")!;
        using var text = new StreamReader(resource);
        return [.. YamlJson.Read(text).Cast<JsonObject>()];
    }
}
