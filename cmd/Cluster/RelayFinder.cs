using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Cluster;

/// <summary>Finds the relay's pod by its labels.</summary>
/// <param name="ns">The namespace to search; null for all that the user may list.</param>
internal sealed class RelayFinder(IApiServer server, string? ns, ProgramName program)
{
    /// <exception cref="RelayException">There is no relay, it is not running, or the user may not list pods.</exception>
    /// <exception cref="ApiException">The API server did not respond.</exception>
    public async Task<RelayPod> FindAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonObject> pods = await ListAsync(cancellationToken);
        string[] namespaces = [.. pods.Select(pod => pod.Namespace!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (namespaces.Length == 0)
        {
            string place = ns is not null ? $"namespace {ns}"
                : server.Context.Length > 0 ? $"the cluster of context {server.Context}"
                : "the cluster";
            throw new RelayException($"no relay found in {place}. Try: {program} install");
        }

        if (namespaces.Length > 1)
        {
            throw new RelayException(
                $"relays found in the namespaces {string.Join(", ", namespaces)}. Choose one: --depmap-namespace NAME");
        }

        // A pod that is not ready can still answer, though it may not know all names yet.
        JsonObject? best = pods.Where(IsRunning)
            .OrderByDescending(pod => PodReadiness.NotReadyReason(pod, null) is null)
            .ThenByDescending(pod => (string?)pod["metadata"]?["creationTimestamp"], StringComparer.Ordinal)
            .FirstOrDefault();
        if (best is not null)
            return new RelayPod(best.Namespace!, best.Name);
        string? reason = pods.Select(pod => PodReadiness.NotReadyReason(pod, null)).FirstOrDefault(reason => reason is not null);
        throw new RelayException($"the relay in namespace {namespaces[0]} is not running: {reason}. Try: {program} status");
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(CancellationToken cancellationToken)
    {
        ApiAnswer response = await ListAsync(ns, cancellationToken);
        // A user without cluster-wide rights often has them in the default namespace.
        if (response.Status == 403 && ns is null)
            response = await ListAsync(ProductNames.Namespace, cancellationToken);
        if (response.Status == 403)
            throw RbacHint.ListForbidden(ns ?? ProductNames.Namespace);
        return response.Ok
            ? [.. (response.Body?["items"] as JsonArray ?? []).OfType<JsonObject>()]
            : throw new RelayException($"cannot list pods to find the relay: {response.Message}");
    }

    private Task<ApiAnswer> ListAsync(string? searched, CancellationToken cancellationToken) => server.SendAsync(
        HttpMethod.Get,
        $"/api/v1{(searched is null ? "" : $"/namespaces/{searched}")}/pods{ProductLabels.RelayQuery}",
        null,
        null,
        cancellationToken);

    private static bool IsRunning(JsonObject pod) =>
        pod["metadata"]?["deletionTimestamp"] is null && (string?)pod["status"]?["phase"] == "Running";
}
