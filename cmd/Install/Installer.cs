using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>Applies the objects of an installation one after the other. A later run continues where this one stopped.</summary>
/// <param name="result">Called with a line for each object.</param>
internal sealed class Installer(IApiServer server, ProgramName program, TimeProvider timeProvider, Action<string> result)
{
    /// <returns>The number of objects that were created or changed.</returns>
    /// <exception cref="InstallException">The server refused an object. The objects applied before it are kept.</exception>
    public async Task<int> ApplyAsync(IReadOnlyList<JsonObject> objects, bool force, bool dryRun, CancellationToken cancellationToken)
    {
        var applier = new Applier(server, force, dryRun);
        int changed = 0;
        var missingNamespaces = new HashSet<string>(StringComparer.Ordinal);
        string suffix = dryRun ? " (server dry run)" : "";
        foreach (JsonObject resource in objects)
        {
            // The server cannot validate objects in a namespace that does not exist because of the dry run.
            if (resource.Namespace is { } ns && missingNamespaces.Contains(ns))
            {
                result($"{resource.Reference} not checked: namespace {ns} does not exist yet{suffix}");
                continue;
            }

            try
            {
                ApplyResult applied = await ApplyAsync(resource, applier, dryRun, cancellationToken);
                changed += applied == ApplyResult.Unchanged ? 0 : 1;
                if (dryRun && applied == ApplyResult.Created && resource.Kind == "Namespace")
                    missingNamespaces.Add(resource.Name);
                result($"{resource.Reference} {applied.ToString().ToLowerInvariant()}{suffix}");
            }
            catch (InstallException e) when (changed > 0)
            {
                throw new InstallException($"{e.Message} (the objects listed above were applied; to continue: {program} install)");
            }
        }

        return changed;
    }

    private async Task<ApplyResult> ApplyAsync(
        JsonObject resource, Applier applier, bool dryRun, CancellationToken cancellationToken)
    {
        if (resource.Kind == "Namespace")
            Adoption.Mark(resource, await applier.FindAsync(resource, cancellationToken));
        if (resource.Kind is "Deployment" or "DaemonSet")
            await Admission.CheckAsync(server, resource, dryRun, timeProvider, cancellationToken);
        return await applier.ApplyAsync(resource, cancellationToken);
    }
}
