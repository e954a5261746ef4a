using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>What <c>install</c> and <c>try</c> have in common: checks, then the objects, then the wait.</summary>
/// <param name="result">Told each object and what became of it.</param>
/// <param name="note">Told what else the user should know.</param>
internal sealed class Installation(IApiServer server, InstallValues values, TimeProvider timeProvider, Action<string> result, Action<string> note)
{
    /// <exception cref="InstallException">It would not work.</exception>
    public async Task CheckAsync(IReadOnlyList<JsonObject> objects, string version, bool force, CancellationToken cancellationToken)
    {
        foreach (string sentence in await new Preflight(server).RunAsync(objects, values, version, force, cancellationToken))
            note(sentence);
    }

    /// <returns>How many objects were created or changed.</returns>
    public Task<int> ApplyAsync(IReadOnlyList<JsonObject> objects, bool force, bool dryRun, CancellationToken cancellationToken) =>
        new Installer(server, timeProvider, result).ApplyAsync(objects, force, dryRun, cancellationToken);

    public Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        new Rollout(server, values, timeProvider, note).WaitAsync(timeout, cancellationToken);
}
