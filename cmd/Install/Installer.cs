using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>Brings an installation about, object by object; run again it goes on where it was stopped.</summary>
/// <param name="say">Told each object and what became of it.</param>
internal sealed class Installer(IApiServer server, TimeProvider clock, Action<string> say)
{
    /// <returns>How many objects were created or changed.</returns>
    /// <exception cref="InstallException">The server refused one; what was applied before it stays.</exception>
    public async Task<int> ApplyAsync(IReadOnlyList<JsonObject> objects, bool force, bool dryRun, CancellationToken cancellation)
    {
        var applier = new Applier(server, force, dryRun);
        await KeepCertificatesAsync(objects, applier, cancellation);
        int changed = 0;
        var missing = new HashSet<string>(StringComparer.Ordinal);
        string suffix = dryRun ? " (server dry run)" : "";
        foreach (JsonObject it in objects)
        {
            // The server cannot check what goes into a namespace that a dry run did not make.
            if (it.Namespace is { } space && missing.Contains(space))
            {
                say($"{it.Reference} not checked: namespace {space} does not exist yet{suffix}");
                continue;
            }

            Applied result = await ApplyAsync(applier, it, changed, cancellation);
            if (result != Applied.Unchanged)
                changed++;
            if (dryRun && result == Applied.Created && it.Kind == "Namespace")
                missing.Add(it.Name);
            say($"{it.Reference} {result.ToString().ToLowerInvariant()}{suffix}");
        }

        return changed;
    }

    private static async Task<Applied> ApplyAsync(Applier applier, JsonObject it, int changed, CancellationToken cancellation)
    {
        try
        {
            return await applier.ApplyAsync(it, cancellation);
        }
        catch (InstallException refused) when (changed > 0)
        {
            throw new InstallException($"{refused.Message} (what is listed above was applied; install again goes on from there)");
        }
    }

    private async Task KeepCertificatesAsync(IReadOnlyList<JsonObject> objects, Applier applier, CancellationToken cancellation)
    {
        var existing = new Dictionary<JsonObject, JsonObject?>();
        foreach (JsonObject secret in objects.Where(it => it.Kind == "Secret"))
            existing[secret] = await applier.FindAsync(secret, cancellation);
        Certificates.Fill(objects, secret => existing[secret], clock.GetUtcNow());
    }
}
