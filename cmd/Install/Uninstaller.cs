using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>Takes away what bears our labels and nothing else: agents first, so that they detach; namespaces last.</summary>
/// <param name="say">Told each object and what became of it.</param>
internal sealed class Uninstaller(IApiServer server, TimeProvider timeProvider, Action<string> say)
{
    /// <summary>Kinds that go one after the other, each waited for.</summary>
    private static readonly string[] First = ["DaemonSet", "Deployment"];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <param name="spaces">Where to look if the user may not list a kind in all namespaces.</param>
    /// <exception cref="InstallException">Something could not be seen, or is Helm's; nothing was deleted.</exception>
    public async Task<IReadOnlyList<JsonObject>> FindAsync(IReadOnlyList<string> spaces, CancellationToken cancellationToken)
    {
        var found = new List<JsonObject>();
        foreach (string kind in First.Concat(ApiPath.Kinds.Except(First).Where(kind => kind != "Namespace")).Append("Namespace"))
        {
            ApiAnswer answer = await ListAsync(kind, null, cancellationToken);
            if (answer.Status == 403 && ApiPath.IsNamespaced(kind))
            {
                foreach (string space in spaces)
                    found.AddRange(Ours(kind, await ListAsync(kind, space, cancellationToken)));
            }
            else
            {
                found.AddRange(Ours(kind, answer));
            }
        }

        if (found.Count == 0 && await server.SendAsync(HttpMethod.Get, Ownership.Mark, null, null, cancellationToken) is { Ok: true } mark
            && Ownership.HelmRelease((JsonObject)mark.Body!) is { } release)
        {
            throw new InstallException($"Depmap was installed by Helm. Try: helm uninstall {release}");
        }

        return found;
    }

    /// <summary>Deletes what was found and, unless <paramref name="timeout"/> is null, waits until it is gone.</summary>
    /// <returns>Sentences about what is left.</returns>
    /// <exception cref="InstallException">The server refused, or it takes too long.</exception>
    public async Task<IReadOnlyList<string>> RemoveAsync(
        IReadOnlyList<JsonObject> found, bool dryRun, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        var left = new List<string>();
        var pending = new List<JsonObject>();
        foreach (JsonObject it in found.Where(it => it.Kind != "Namespace"))
        {
            await DeleteAsync(it, dryRun, cancellationToken);
            if (First.Contains(it.Kind) && !dryRun && timeout is not null)
                await GoneAsync([it], start, timeout.Value, cancellationToken);
            else
                pending.Add(it);
        }

        if (!dryRun && timeout is not null)
            await GoneAsync(pending, start, timeout.Value, cancellationToken);

        var spaces = new List<JsonObject>();
        foreach (JsonObject space in found.Where(it => it.Kind == "Namespace"))
        {
            if (await WhyStaysAsync(space, cancellationToken) is { } why)
            {
                left.Add($"namespace {space.Name} stays: {why}.");
                await ReleaseAsync(space, dryRun, cancellationToken);
                continue;
            }

            await DeleteAsync(space, dryRun, cancellationToken);
            spaces.Add(space);
        }

        if (!dryRun && timeout is not null)
            await GoneAsync(spaces, start, timeout.Value, cancellationToken);
        return left;
    }

    private static IEnumerable<JsonObject> Ours(string kind, ApiAnswer answer)
    {
        if (answer.Status == 404)
            return [];
        if (!answer.Ok)
            throw new InstallException($"cannot list {ApiPath.ResourceOf(kind).Plural}: {answer.Message}");
        // In a list the items do not say what they are.
        return (answer.Body!["items"] as JsonArray ?? []).OfType<JsonObject>().Where(it => Ownership.IsOurs(it) && !Ownership.IsControlled(it))
            .Select(it => new JsonObject { ["kind"] = kind, ["metadata"] = it["metadata"]!.DeepClone() });
    }

    private Task<ApiAnswer> ListAsync(string kind, string? space, CancellationToken cancellationToken) =>
        server.SendAsync(HttpMethod.Get, ApiPath.OfKind(kind, space) + Ownership.Selector, null, null, cancellationToken);

    private async Task DeleteAsync(JsonObject it, bool dryRun, CancellationToken cancellationToken)
    {
        // In the foreground: it is gone once its pods are. The uid: not one of the same name that came after.
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = "Foreground",
            ["preconditions"] = new JsonObject { ["uid"] = it["metadata"]!["uid"]?.DeepClone() },
        };
        string query = dryRun ? "?dryRun=All" : "";
        ApiAnswer answer = await server.SendAsync(HttpMethod.Delete, ApiPath.Of(it) + query, options, "application/json", cancellationToken);
        if (!answer.Ok && answer.Status is not (404 or 409))
        {
            throw new InstallException(
                $"{it.Reference} could not be deleted: {answer.Message}. What is listed above is gone; uninstall again goes on from there");
        }

        say(dryRun ? $"{it.Reference} deleted (server dry run)" : $"{it.Reference} deleted");
    }

    private async Task GoneAsync(IReadOnlyList<JsonObject> all, long start, TimeSpan timeout, CancellationToken cancellationToken)
    {
        foreach (JsonObject it in all)
        {
            while (await ThereAsync(it, cancellationToken) is { } present)
            {
                if (timeProvider.GetElapsedTime(start) >= timeout)
                {
                    string why = NamespaceContents.WhyStuck(present) is { } stuck ? $": {stuck}" : "";
                    throw new InstallException($"{it.Reference} is not gone after {timeout.TotalSeconds:0} s{why}. Try: kubectl depmap uninstall, once that is cleared");
                }

                await Task.Delay(Pause, timeProvider, cancellationToken);
            }
        }
    }

    /// <summary>Null where it is gone, or where another of its name has come.</summary>
    private async Task<JsonObject?> ThereAsync(JsonObject it, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, ApiPath.Of(it), null, null, cancellationToken);
        return answer.Ok && (string?)answer.Body!["metadata"]?["uid"] == (string?)it["metadata"]?["uid"] ? (JsonObject)answer.Body : null;
    }

    private async Task<string?> WhyStaysAsync(JsonObject space, CancellationToken cancellationToken)
    {
        if (Adoption.IsAdopted(space))
            return "it was there before Depmap";
        IReadOnlyList<string> foreign = await new NamespaceContents(server).ForeignAsync(space.Name, cancellationToken);
        return foreign.Count == 0 ? null : $"it holds {string.Join(", ", foreign)}, which is not Depmap's";
    }

    /// <summary>Takes our labels from a namespace: what a manager no longer applies, the server removes.</summary>
    private async Task ReleaseAsync(JsonObject space, bool dryRun, CancellationToken cancellationToken)
    {
        if (dryRun)
            return;
        var bare = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = space.Name } };
        await new Applier(server, force: true, dryRun: false).ApplyAsync(bare, cancellationToken);
    }
}
