using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Applies objects with server-side apply, so that fields of other managers are kept.</summary>
/// <param name="force">Whether to overwrite fields owned by other managers.</param>
/// <param name="dryRun">Whether the server only validates the objects.</param>
internal sealed class Applier(IApiServer server, bool force, bool dryRun)
{
    /// <summary>The field manager.</summary>
    public const string Manager = "depmap";

    /// <summary>The object in the cluster; null if it does not exist.</summary>
    /// <exception cref="InstallException">It cannot be read.</exception>
    public async Task<JsonObject?> FindAsync(JsonObject resource, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, ApiPath.Of(resource), null, null, cancellationToken);
        if (response.Status == 404)
            return null;
        return response.Ok
            ? (JsonObject)response.Body!
            : throw new InstallException($"cannot get {resource.Reference}: {response.Message}");
    }

    /// <exception cref="InstallException">The server refused the object.</exception>
    public async Task<ApplyResult> ApplyAsync(JsonObject resource, CancellationToken cancellationToken)
    {
        JsonObject? before = await FindAsync(resource, cancellationToken);
        string query = $"?fieldManager={Manager}&force={(force ? "true" : "false")}{(dryRun ? "&dryRun=All" : "")}";
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Patch, ApiPath.Of(resource) + query, resource, "application/apply-patch+yaml", cancellationToken);
        if (!response.Ok)
            throw new InstallException(RefusalMessage(resource, response));
        if (before is null)
            return ApplyResult.Created;
        return VersionOf(before) == VersionOf((JsonObject)response.Body!) ? ApplyResult.Unchanged : ApplyResult.Configured;
    }

    private static string RefusalMessage(JsonObject resource, ApiAnswer response) => response.Status switch
    {
        409 when response.Message.Contains("conflict", StringComparison.Ordinal) =>
            $"{resource.Reference} has fields owned by another manager: {response.Message}. Try: --force to overwrite them",
        403 when response.Message.Contains("being terminated", StringComparison.Ordinal) =>
            $"namespace {resource.Namespace} is being deleted. Wait until it is deleted, then install again",
        404 when resource.Kind == OpenShift.Kind =>
            $"{resource.Reference} was refused: this cluster is not OpenShift. Try: --set openshift=false",
        _ => $"{resource.Reference} was refused: {response.Message}",
    };

    private static string? VersionOf(JsonObject resource) => (string?)resource["metadata"]?["resourceVersion"];
}
