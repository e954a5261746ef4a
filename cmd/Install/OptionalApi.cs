using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Asks whether the cluster has the API of a kind. Every user may ask.</summary>
internal static class OptionalApi
{
    public static async Task<bool> ExistsAsync(IApiServer server, string kind, CancellationToken cancellationToken) =>
        (await server.SendAsync(HttpMethod.Get, ApiPath.Root(kind), null, null, cancellationToken)).Ok;
}
