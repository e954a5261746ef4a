using Depmap.Relay.Certificates;
using Depmap.Relay.Cluster;

namespace Depmap.Relay;

/// <summary>
/// The response to <c>/readyz</c>: not ready before the names are loaded, or the first flows would have none, and before agents
/// can connect.
/// </summary>
internal static class Readiness
{
    /// <param name="watch">Null if names are not read from the Kubernetes API.</param>
    /// <param name="certificates">Null if agents connect without TLS.</param>
    public static Task WriteAsync(HttpContext context, ClusterWatch? watch, ICertificates? certificates)
    {
        List<string> missing = Missing(watch);
        if (certificates?.MissingReason is { } reason)
            missing.Add($"no certificates: {reason}\n");
        bool ready = missing.Count == 0;
        context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(ready ? "ok\n" : string.Concat(missing));
    }

    private static List<string> Missing(ClusterWatch? watch)
    {
        if (watch?.Ready != false)
            return [];
        List<string> unlisted = [.. watch.Informers.Where(i => !i.Synced).Select(Describe)];
        return unlisted.Count > 0 ? unlisted : ["names are being loaded\n"];
    }

    private static string Describe(IInformer informer) =>
        $"{informer.Name} not listed yet{(informer.OutageReason is { } reason ? $": the API server {reason}" : "")}\n";
}
