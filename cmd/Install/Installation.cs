using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>The steps that <c>install</c> and <c>try</c> share: check, apply, wait.</summary>
/// <param name="result">Called with a line for each applied object.</param>
/// <param name="log">Called with other lines for the user.</param>
internal sealed class Installation(
    IApiServer server, InstallValues values, ProgramName program, TimeProvider timeProvider, Action<string> result, Action<string> log)
{
    /// <exception cref="InstallException">The installation would fail.</exception>
    public async Task CheckAsync(IReadOnlyList<JsonObject> objects, string version, bool force, CancellationToken cancellationToken)
    {
        foreach (string warning in await new Preflight(server, program).RunAsync(objects, values, version, force, cancellationToken))
            log(warning);
    }

    /// <returns>The number of objects that were created or changed.</returns>
    public Task<int> ApplyAsync(IReadOnlyList<JsonObject> objects, bool force, bool dryRun, CancellationToken cancellationToken) =>
        new Installer(server, program, timeProvider, result).ApplyAsync(objects, force, dryRun, cancellationToken);

    public Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        new Rollout(server, values, program, timeProvider, log).WaitAsync(timeout, cancellationToken);
}
