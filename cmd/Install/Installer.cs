using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>Brings an installation about, object by object; run again it goes on where it was stopped.</summary>
/// <param name="say">Told each object and what became of it.</param>
internal sealed class Installer(IApiServer server, TimeProvider timeProvider, Action<string> say)
{
    /// <returns>How many objects were created or changed.</returns>
    /// <exception cref="InstallException">The server refused one; what was applied before it stays.</exception>
    public async Task<int> ApplyAsync(IReadOnlyList<JsonObject> objects, bool force, bool dryRun, CancellationToken cancellationToken)
    {
        var applier = new Applier(server, force, dryRun);
        var secrets = new SecretSlots(server, dryRun);
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

            try
            {
                Applied result = await ApplyAsync(it, objects, applier, secrets, cancellationToken);
                changed += result == Applied.Unchanged ? 0 : 1;
                if (dryRun && result == Applied.Created && it.Kind == "Namespace")
                    missing.Add(it.Name);
                say($"{it.Reference} {result.ToString().ToLowerInvariant()}{suffix}");
            }
            catch (InstallException refused) when (changed > 0)
            {
                throw new InstallException($"{refused.Message} (what is listed above was applied; install again goes on from there)");
            }
        }

        return changed;
    }

    private async Task<Applied> ApplyAsync(
        JsonObject it, IReadOnlyList<JsonObject> objects, Applier applier, SecretSlots secrets, CancellationToken cancellationToken)
    {
        if (it.Kind == "Namespace")
            Adoption.Mark(it, await applier.FindAsync(it, cancellationToken));
        if (it.Kind is "Deployment" or "DaemonSet")
            await Admission.CheckAsync(server, it, cancellationToken);
        if (it.Kind != "Secret")
            return await applier.ApplyAsync(it, cancellationToken);

        // The first of them: all are read or made together, for one signs the others.
        if (!secrets.AreTaken)
        {
            await secrets.TakeAsync(objects.Where(other => other.Kind == "Secret"), cancellationToken);
            Certificates.Fill(objects, secrets.Existing, timeProvider.GetUtcNow());
        }

        return await secrets.ApplyAsync(it, applier, cancellationToken);
    }
}
