using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>A kind of object to follow.</summary>
/// <param name="Path">Of its list in all namespaces, such as <c>/api/v1/pods</c>.</param>
/// <param name="Read">Picks what names need; null for an object that they do not.</param>
/// <param name="MetadataOnly">The rest is not asked for.</param>
/// <param name="HasEnded">Tells an object that is over though it is still there; null where none ever is, and where nobody
/// asks what has ended.</param>
internal sealed record Resource<T>(string Path, Func<LocatedElement, T?> Read, bool MetadataOnly = false, Func<T, bool>? HasEnded = null)
    where T : class
{
    /// <summary>As RBAC calls it, such as <c>pods</c>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string AcceptList => Accept("PartialObjectMetadataList");

    public string AcceptWatch => Accept("PartialObjectMetadata");

    // https://kubernetes.io/docs/reference/using-api/api-concepts/, "Fetching metadata only"
    private string Accept(string partial) => MetadataOnly ? $"application/json;as={partial};g=meta.k8s.io;v=v1" : "application/json";
}
