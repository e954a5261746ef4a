using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>What became of an object.</summary>
internal enum Applied { Unchanged, Created, Configured }

/// <summary>Applies objects on the server's side, so that what others set in them stays theirs.</summary>
/// <param name="force">Take over what another manager has set otherwise.</param>
/// <param name="dryRun">The server checks and keeps nothing.</param>
internal sealed class Applier(IApiServer server, bool force, bool dryRun)
{
    /// <summary>The name under which the server keeps what is ours.</summary>
    public const string Manager = "depmap";

    /// <summary>What the cluster has at an object's place; null where it has nothing.</summary>
    /// <exception cref="InstallException">It may not be read.</exception>
    public async Task<JsonObject?> FindAsync(JsonObject it, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, ApiPath.Of(it), null, null, cancellationToken);
        if (answer.Status == 404)
            return null;
        return answer.Ok ? (JsonObject)answer.Body! : throw new InstallException($"cannot read {it.Reference}: {answer.Message}");
    }

    /// <exception cref="InstallException">The server refused; the message says what to do.</exception>
    public async Task<Applied> ApplyAsync(JsonObject it, CancellationToken cancellationToken, bool? takeOver = null)
    {
        JsonObject? before = await FindAsync(it, cancellationToken);
        string query = $"?fieldManager={Manager}&force={(takeOver ?? force ? "true" : "false")}{(dryRun ? "&dryRun=All" : "")}";
        ApiAnswer answer = await server.SendAsync(
            HttpMethod.Patch, ApiPath.Of(it) + query, it, "application/apply-patch+yaml", cancellationToken);
        if (!answer.Ok)
            throw new InstallException(Refusal(it, answer));
        if (before is null)
            return Applied.Created;
        return VersionOf(before) == VersionOf((JsonObject)answer.Body!) ? Applied.Unchanged : Applied.Configured;
    }

    private static string? VersionOf(JsonObject it) => (string?)it["metadata"]?["resourceVersion"];

    public static string Refusal(JsonObject it, ApiAnswer answer) => answer.Status switch
    {
        409 when answer.Message.Contains("the object has been modified", StringComparison.Ordinal) =>
            $"{it.Reference} was changed meanwhile by another install. Wait until that has ended, then install again",
        409 when answer.Message.Contains("conflict", StringComparison.Ordinal) =>
            $"{it.Reference} was changed by someone else: {answer.Message}. Try: --force, to set it as Depmap needs it",
        403 when answer.Message.Contains("being terminated", StringComparison.Ordinal) =>
            $"namespace {it.Namespace} is being deleted. Wait until it is gone, then install again",
        _ => $"{it.Reference} was refused: {answer.Message}",
    };
}
