using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;

namespace Depmap.Plugin.Cluster;

/// <summary>Finds the pod of a cluster's relay by its labels.</summary>
/// <param name="space">The namespace to look in; null for all that the user may see.</param>
internal sealed class RelayFinder(IApiServer server, string? space)
{
    private const string Pods = "/pods?labelSelector=app.kubernetes.io%2Fname%3Ddepmap%2Capp.kubernetes.io%2Fcomponent%3Drelay";

    /// <exception cref="RelayException">There is none, none runs, or the user may not see it.</exception>
    /// <exception cref="ApiException">The API server gave no answer.</exception>
    public async Task<RelayPod> FindAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonObject> pods = await ListAsync(cancellationToken);
        string[] spaces = [.. pods.Select(pod => Place(pod).Namespace).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (spaces.Length == 0)
        {
            string where = space is null ? $"the cluster{(server.Context.Length > 0 ? $" of context {server.Context}" : "")}" : $"namespace {space}";
            throw new RelayException($"there is no relay in {where}. Try: kubectl depmap install");
        }

        if (spaces.Length > 1)
            throw new RelayException($"there are relays in the namespaces {string.Join(", ", spaces)}. Say which: --depmap-namespace NAME");

        // One that runs answers, though it may not have all names yet.
        JsonObject? best = pods.Where(IsRunning)
            .OrderByDescending(pod => PodProgress.WaitsFor(pod, null) is null)
            .ThenByDescending(pod => (string?)pod["metadata"]?["creationTimestamp"], StringComparer.Ordinal)
            .FirstOrDefault();
        if (best is not null)
            return Place(best);
        string? waits = pods.Select(pod => PodProgress.WaitsFor(pod, null)).FirstOrDefault(reason => reason is not null);
        throw new RelayException($"the relay in namespace {spaces[0]} does not run: {waits}. Try: kubectl depmap status");
    }

    private async Task<IReadOnlyList<JsonObject>> ListAsync(CancellationToken cancellationToken)
    {
        string usual = new InstallValues().Namespace;
        ApiAnswer answer = await AskAsync(space, cancellationToken);
        // Whoever may not look everywhere may often look there.
        if (answer.Status == 403 && space is null)
            answer = await AskAsync(usual, cancellationToken);
        if (answer.Status == 403)
            throw MissingRule.ToList(space ?? usual);
        return answer.Ok
            ? [.. (answer.Body?["items"] as JsonArray ?? []).OfType<JsonObject>()]
            : throw new RelayException($"cannot look for the relay: {answer.Message}");
    }

    private Task<ApiAnswer> AskAsync(string? where, CancellationToken cancellationToken) =>
        server.SendAsync(HttpMethod.Get, $"/api/v1{(where is null ? "" : $"/namespaces/{where}")}{Pods}", null, null, cancellationToken);

    private static bool IsRunning(JsonObject pod) =>
        pod["metadata"]?["deletionTimestamp"] is null && (string?)pod["status"]?["phase"] == "Running";

    private static RelayPod Place(JsonObject pod) => new((string)pod["metadata"]!["namespace"]!, (string)pod["metadata"]!["name"]!);
}
