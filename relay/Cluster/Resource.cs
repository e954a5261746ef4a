using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>A kind of object to list and watch.</summary>
/// <param name="Path">The path of the list in all namespaces, such as <c>/api/v1/pods</c>.</param>
/// <param name="Read">Reads the needed fields; returns null for an object that is not needed.</param>
/// <param name="MetadataOnly">Request only the objects' metadata.</param>
/// <param name="HasEnded">Whether an object has finished although it still exists; null to not collect ended objects.</param>
internal sealed record Resource<T>(string Path, Func<LocatedElement, T?> Read, bool MetadataOnly = false, Func<T, bool>? HasEnded = null)
    where T : class
{
    /// <summary>The resource name, such as <c>pods</c>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string AcceptList => Accept("PartialObjectMetadataList");

    public string AcceptWatch => Accept("PartialObjectMetadata");

    // https://kubernetes.io/docs/reference/using-api/api-concepts/, "Fetching metadata only"
    private string Accept(string partial) => MetadataOnly ? $"application/json;as={partial};g=meta.k8s.io;v=v1" : "application/json";
}
