using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Marks namespaces that existed before Depmap was installed, so that uninstall keeps them.</summary>
internal static class Adoption
{
    private const string Annotation = "depmap/was-there-before";

    /// <param name="ns">The Namespace that will be applied.</param>
    /// <param name="existing">The Namespace in the cluster; null if there is none.</param>
    public static void Mark(JsonObject ns, JsonObject? existing)
    {
        if (existing is not null && (IsAdopted(existing) || !Ownership.IsOurs(existing)))
            ns.At("metadata", "annotations")[Annotation] = "true";
    }

    public static bool IsAdopted(JsonObject ns) => ns.Annotation(Annotation) == "true";
}
