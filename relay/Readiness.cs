using Depmap.Relay.Cluster;

namespace Depmap.Relay;

/// <summary>The response to <c>/readyz</c>: not ready before the names are loaded, or the first flows would have none.</summary>
internal static class Readiness
{
    /// <param name="watch">Null if names are not read from the Kubernetes API.</param>
    public static Task WriteAsync(HttpContext context, ClusterWatch? watch)
    {
        bool ready = watch?.Ready != false;
        context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        string[] missing = ready ? ["ok\n"] : [.. watch!.Informers.Where(i => !i.Synced).Select(Describe)];
        return context.Response.WriteAsync(missing.Length > 0 ? string.Concat(missing) : "names are being loaded\n");
    }

    private static string Describe(IInformer informer) =>
        $"{informer.Name} not listed yet{(informer.OutageReason is { } reason ? $": the API server {reason}" : "")}\n";
}
