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

    /// <param name="namespaces">Searched for kinds that the user may not list in all namespaces.</param>
    /// <exception cref="InstallException">A kind cannot be listed, or Helm has installed Depmap. Nothing was deleted.</exception>
    public async Task<IReadOnlyList<JsonObject>> FindAsync(IReadOnlyList<string> namespaces, CancellationToken cancellationToken)
    {
        var found = new List<JsonObject>();
        foreach (string kind in InstallOrder.Deletion(ApiPath.Kinds))
        {
            ApiAnswer response = await ListAsync(kind, null, cancellationToken);
            if (response.Status == 403 && ApiPath.IsNamespaced(kind))
            {
                foreach (string ns in namespaces)
                    found.AddRange(OurObjects(kind, await ListAsync(kind, ns, cancellationToken)));
            }
            else
            {
                found.AddRange(OurObjects(kind, response));
            }
        }

        if (found.Count == 0
            && await server.SendAsync(HttpMethod.Get, Ownership.MarkerPath, null, null, cancellationToken) is { Ok: true } marker
            && Ownership.HelmRelease((JsonObject)marker.Body!) is { } release)
        {
            throw new InstallException($"Depmap was installed by Helm. Try: helm uninstall {release}");
        }

        return found;
    }

    /// <summary>Deletes the found objects and, unless <paramref name="timeout"/> is null, waits for the deletion to finish.</summary>
    /// <returns>Messages about namespaces that are kept.</returns>
    /// <exception cref="InstallException">The server refused a deletion, or it took longer than <paramref name="timeout"/>.</exception>
    public async Task<IReadOnlyList<string>> RemoveAsync(
        IReadOnlyList<JsonObject> found, bool dryRun, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        var messages = new List<string>();
        var pending = new List<JsonObject>();
        foreach (JsonObject resource in found.Where(resource => resource.Kind != "Namespace"))
        {
            await DeleteAsync(resource, dryRun, cancellationToken);
            if (InstallOrder.DeletedFirst.Contains(resource.Kind) && !dryRun && timeout is not null)
                await WaitForDeletionAsync([resource], start, timeout.Value, cancellationToken);
            else
                pending.Add(resource);
        }

        if (!dryRun && timeout is not null)
            await WaitForDeletionAsync(pending, start, timeout.Value, cancellationToken);

        var namespaces = new List<JsonObject>();
        foreach (JsonObject ns in found.Where(resource => resource.Kind == "Namespace"))
        {
            if (await ReasonToKeepAsync(ns, cancellationToken) is { } reason)
            {
                messages.Add($"namespace {ns.Name} is kept: {reason}.");
                if (!dryRun)
                    await RemoveLabelsAsync(ns, cancellationToken);
                continue;
            }

            await DeleteAsync(ns, dryRun, cancellationToken);
            namespaces.Add(ns);
        }

        if (!dryRun && timeout is not null)
            await WaitForDeletionAsync(namespaces, start, timeout.Value, cancellationToken);
        return messages;
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

    private async Task DeleteAsync(JsonObject resource, bool dryRun, CancellationToken cancellationToken)
    {
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            // The object exists until its pods are deleted.
            ["propagationPolicy"] = "Foreground",
            // Not a new object of the same name.
            ["preconditions"] = new JsonObject { ["uid"] = resource["metadata"]!["uid"]?.DeepClone() },
        };
        string query = dryRun ? "?dryRun=All" : "";
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Delete, ApiPath.Of(resource) + query, options, "application/json", cancellationToken);
        if (!response.Ok && response.Status is not (404 or 409))
        {
            throw new InstallException(
                $"cannot delete {resource.Reference}: {response.Message} "
                + $"(the objects listed above were deleted; to continue: {program} uninstall)");
        }

        result(dryRun ? $"{resource.Reference} deleted (server dry run)" : $"{resource.Reference} deleted");
    }

    private async Task WaitForDeletionAsync(
        IReadOnlyList<JsonObject> resources, long start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        foreach (JsonObject resource in resources)
        {
            while (await FindAsync(resource, cancellationToken) is { } present)
            {
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
