using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>Remembers which namespaces were there before Depmap, so that they stay when it goes.</summary>
internal static class Adoption
{
    private const string Annotation = "depmap/was-there-before";

    /// <param name="space">The Namespace that will be applied.</param>
    /// <param name="existing">What the cluster has; null for nothing.</param>
    public static void Mark(JsonObject space, JsonObject? existing)
    {
        if (existing is not null && (IsAdopted(existing) || !Ownership.IsOurs(existing)))
            space.At("metadata", "annotations")[Annotation] = "true";
    }

    public static bool IsAdopted(JsonObject space) => (string?)space["metadata"]?["annotations"]?[Annotation] == "true";
}
