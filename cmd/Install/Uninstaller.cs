using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>Deletes the objects that have this plugin's labels, in <see cref="InstallOrder"/>.</summary>
/// <param name="result">Called with a line for each object.</param>
internal sealed class Uninstaller(IApiServer server, ProgramName program, TimeProvider timeProvider, Action<string> result)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private readonly StuckPods _stuckPods = new(server);

    /// <param name="namespaces">Searched for kinds that the user may not list in all namespaces.</param>
    /// <exception cref="InstallException">A kind cannot be listed, or Helm has installed Depmap. Nothing was deleted.</exception>
    public async Task<IReadOnlyList<JsonObject>> FindAsync(IReadOnlyList<string> namespaces, CancellationToken cancellationToken)
    {
        var found = new List<JsonObject>();
        var missing = new List<Right>();
        foreach (string kind in InstallOrder.Deletion(ApiPath.Kinds))
        {
            ApiResource resource = ApiPath.ResourceOf(kind);
            ApiAnswer response = await ListAsync(kind, null, cancellationToken);
            // A user without the permission is refused even if the kind does not exist.
            if (response.Status == 403 && ApiPath.IsOptional(kind) && !await OptionalApi.ExistsAsync(server, kind, cancellationToken))
                continue;

            if (response.Status == 403 && ApiPath.IsNamespaced(kind))
            {
                foreach (string ns in namespaces)
                {
                    response = await ListAsync(kind, ns, cancellationToken);
                    if (response.Status == 403)
                        missing.Add(new Right("list", resource.Group, resource.Plural, ns, null));
                    else
                        found.AddRange(OurObjects(kind, response));
                }
            }
            else if (response.Status == 403)
            {
                missing.Add(new Right("list", resource.Group, resource.Plural, null, null));
            }
            else
            {
                found.AddRange(OurObjects(kind, response));
            }
        }

        if (missing.Count > 0)
            throw MissingRights.Error("uninstall", missing, program);
        if (found.Count == 0
            && await server.SendAsync(HttpMethod.Get, Ownership.MarkerPath, null, null, cancellationToken) is { Ok: true } marker
            && Ownership.HelmRelease((JsonObject)marker.Body!) is { } release)
        {
            throw new InstallException($"Depmap was installed by Helm. Try: helm uninstall {release}");
        }

        return found;
    }

    /// <exception cref="InstallException">The user may not delete all that was found, and would remove only a part of it.</exception>
    public async Task CheckRightsAsync(IReadOnlyList<JsonObject> found, CancellationToken cancellationToken)
    {
        IReadOnlyList<Right> missing = await new RightsReview(server)
            .FindMissingAsync([.. RightsReview.NeededToDelete(found)], cancellationToken);
        if (missing.Count > 0)
            throw MissingRights.Error("uninstall", missing, program);
    }

    /// <summary>Deletes the found objects and, unless <paramref name="timeout"/> is null, waits for the deletion to finish.</summary>
    /// <remarks>It does not wait for pods on nodes that are not ready.</remarks>
    /// <exception cref="InstallException">The server refused a deletion, or it took longer than <paramref name="timeout"/>.</exception>
    public async Task<Removal> RemoveAsync(
        IReadOnlyList<JsonObject> found, DryRun dryRun, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        var messages = new List<string>();
        var stuck = new Dictionary<string, IReadOnlyList<StuckPod>>(StringComparer.Ordinal);
        var pending = new List<JsonObject>();
        foreach (JsonObject resource in found.Where(resource => resource.Kind != "Namespace"))
        {
            await DeleteAsync(resource, dryRun, cancellationToken);
            if (InstallOrder.DeletedFirst.Contains(resource.Kind) && dryRun == DryRun.None && timeout is not null)
                await WaitForDeletionAsync([resource], stuck, start, timeout.Value, cancellationToken);
            else
                pending.Add(resource);
        }

        if (dryRun == DryRun.None && timeout is not null)
            await WaitForDeletionAsync(pending, stuck, start, timeout.Value, cancellationToken);

        var namespaces = new List<JsonObject>();
        foreach (JsonObject ns in found.Where(resource => resource.Kind == "Namespace"))
        {
            if (await ReasonToKeepAsync(ns, cancellationToken) is { } reason)
            {
                messages.Add($"Namespace {ns.Name} is kept: {reason}.");
                if (dryRun == DryRun.None)
                    await RemoveLabelsAsync(ns, cancellationToken);
                continue;
            }

            await DeleteAsync(ns, dryRun, cancellationToken);
            namespaces.Add(ns);
        }

        if (dryRun == DryRun.None && timeout is not null)
            await WaitForDeletionAsync(namespaces, stuck, start, timeout.Value, cancellationToken);
        foreach ((string ns, IReadOnlyList<StuckPod> pods) in stuck)
            messages.Add(StuckMessage(ns, pods, isDeleted: namespaces.Any(deleted => deleted.Name == ns)));
        return new Removal(
            messages, [.. stuck.Values.SelectMany(pods => pods).Select(pod => pod.Node).Distinct().Order(StringComparer.Ordinal)]);
    }

    private static IEnumerable<JsonObject> OurObjects(string kind, ApiAnswer response)
    {
        if (response.Status == 404)
            return [];
        if (!response.Ok)
            throw new InstallException($"cannot list {ApiPath.ResourceOf(kind).Plural}: {response.Message}");
        // The items of a list have no kind.
        return (response.Body!["items"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(resource => Ownership.IsOurs(resource) && !Ownership.HasController(resource))
            .Select(resource => new JsonObject { ["kind"] = kind, ["metadata"] = resource["metadata"]!.DeepClone() });
    }

    private Task<ApiAnswer> ListAsync(string kind, string? ns, CancellationToken cancellationToken) =>
        server.SendAsync(HttpMethod.Get, ApiPath.OfKind(kind, ns) + ProductLabels.AppliedQuery, null, null, cancellationToken);

    private async Task DeleteAsync(JsonObject resource, DryRun dryRun, CancellationToken cancellationToken)
    {
        if (dryRun == DryRun.Client)
        {
            result($"{resource.Reference} deleted (dry run)");
            return;
        }

        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            // The object exists until its pods are deleted.
            ["propagationPolicy"] = "Foreground",
            // Not a new object of the same name.
            ["preconditions"] = new JsonObject { ["uid"] = resource["metadata"]!["uid"]?.DeepClone() },
        };
        string query = dryRun == DryRun.Server ? "?dryRun=All" : "";
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Delete, ApiPath.Of(resource) + query, options, "application/json", cancellationToken);
        if (!response.Ok && response.Status is not (404 or 409))
        {
            throw new InstallException(
                $"cannot delete {resource.Reference}: {response.Message} "
                + $"(the objects listed above were deleted; to continue: {program} uninstall)");
        }

        result(dryRun == DryRun.Server ? $"{resource.Reference} deleted (server dry run)" : $"{resource.Reference} deleted");
    }

    private async Task WaitForDeletionAsync(
        IReadOnlyList<JsonObject> resources,
        Dictionary<string, IReadOnlyList<StuckPod>> stuck,
        long start,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        foreach (JsonObject resource in resources)
        {
            while (await FindAsync(resource, cancellationToken) is { } present)
            {
                if (await FindStuckAsync(resource, cancellationToken) is (var ns, { Count: > 0 } pods))
                {
                    stuck[ns] = pods;
                    break;
                }

                if (timeProvider.GetElapsedTime(start) >= timeout)
                {
                    string reason = NamespaceContents.DeletionBlocker(present) is { } blocker ? $": {blocker}" : "";
                    throw new InstallException(
                        $"{resource.Reference} is not deleted after {timeout.TotalSeconds:0} s{reason}. "
                        + $"Resolve this, then: {program} uninstall");
                }

                await Task.Delay(PollInterval, timeProvider, cancellationToken);
            }
        }
    }

    /// <summary>The pods on lost nodes that keep a workload or a namespace, if nothing else does.</summary>
    private async Task<(string Namespace, IReadOnlyList<StuckPod> Pods)> FindStuckAsync(
        JsonObject resource, CancellationToken cancellationToken)
    {
        if (resource.Namespace is { } ns)
        {
            return (ns, InstallOrder.DeletedFirst.Contains(resource.Kind)
                ? await _stuckPods.FindAsync(ns, resource.Component, cancellationToken)
                : []);
        }

        return (resource.Name, resource.Kind == "Namespace" ? await _stuckPods.FindAsync(resource.Name, null, cancellationToken) : []);
    }

    private static string StuckMessage(string ns, IReadOnlyList<StuckPod> pods, bool isDeleted)
    {
        string[] nodes = [.. pods.Select(pod => pod.Node).Distinct(StringComparer.Ordinal)];
        string names = string.Join(", ", pods.Select(pod => pod.Name));
        string start = nodes.Length == 1
            ? $"{(pods.Count == 1 ? "Pod" : "Pods")} {names} on node {nodes[0]} cannot be deleted while the node is not ready"
            : $"Pods {names} on nodes {string.Join(", ", nodes)} cannot be deleted while the nodes are not ready";
        string what = isDeleted ? $"Namespace {ns} stays" : pods.Count == 1 ? "It stays" : "They stay";
        return $"{start}. {what} Terminating until {(nodes.Length == 1 ? "it is" : "they are")} back, "
            + $"or deleted with kubectl delete node {string.Join(' ', nodes)}; then Kubernetes deletes the rest.";
    }

    /// <summary>The object in the cluster; null if it is deleted, even if a new object has its name.</summary>
    private async Task<JsonObject?> FindAsync(JsonObject resource, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, ApiPath.Of(resource), null, null, cancellationToken);
        return response.Ok && (string?)response.Body!["metadata"]?["uid"] == (string?)resource["metadata"]?["uid"]
            ? (JsonObject)response.Body
            : null;
    }

    private async Task<string?> ReasonToKeepAsync(JsonObject ns, CancellationToken cancellationToken)
    {
        if (Adoption.IsAdopted(ns))
            return "it existed before Depmap was installed";
        IReadOnlyList<string> foreign = await new NamespaceContents(server).FindForeignAsync(ns.Name, cancellationToken);
        return foreign.Count == 0 ? null : $"it contains objects of others: {string.Join(", ", foreign)}";
    }

    /// <summary>Removes our labels from a namespace: the server removes fields that a manager no longer applies.</summary>
    private async Task RemoveLabelsAsync(JsonObject ns, CancellationToken cancellationToken)
    {
        var bare = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns.Name } };
        await new Applier(server, force: true, dryRun: false).ApplyAsync(bare, cancellationToken);
    }
}
