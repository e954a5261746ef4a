using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>
/// Removes what is left of an expired trial. Its relay removes it, unless the relay never ran: its image could not be pulled, or
/// the plugin was killed before it had applied the relay.
/// </summary>
internal sealed class ExpiredTrial(IApiServer server, ProgramName program, TimeProvider timeProvider, Action<string> log)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    /// <param name="ns">The namespace in which Depmap will be installed.</param>
    /// <exception cref="InstallException">A trial is running, or an expired one cannot be removed.</exception>
    public async Task RemoveAsync(string ns, CancellationToken cancellationToken)
    {
        ApiAnswer marker = await server.SendAsync(HttpMethod.Get, Ownership.MarkerPath, null, null, cancellationToken);
        string? installed = marker.Ok ? (string?)marker.Body!["subjects"]?[0]?["namespace"] : null;
        foreach (string place in ((string[])[ns, installed ?? ns]).Distinct(StringComparer.Ordinal))
        {
            ApiAnswer response = await server.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{place}", null, null, cancellationToken);
            if (!response.Ok || Trial.EndOf((JsonObject)response.Body!) is not { } end)
                continue;
            if (end > timeProvider.GetUtcNow())
            {
                throw new InstallException(
                    $"a trial is running in namespace {place}, until {end.UtcDateTime:HH:mm} UTC at the latest. "
                    + $"Try: {program} uninstall to end it");
            }

            log($"Removing the rest of an expired trial from namespace {place}.");
            var uninstaller = new Uninstaller(server, program, timeProvider, _ => { });
            IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([place, ProductNames.AgentNamespace(place)], cancellationToken);
            await uninstaller.CheckRightsAsync(found, cancellationToken);
            await uninstaller.RemoveAsync(found, DryRun.None, Timeout, cancellationToken);
        }
    }
}
