using Depmap.Relay.Cluster;

namespace Depmap.Relay;

/// <summary>Whether agents and readers may come: not before there are names, or the first flows would have none.</summary>
internal static class Readiness
{
    /// <param name="watch">Null where names do not come from the Kubernetes API.</param>
    public static Task Answer(HttpContext context, ClusterWatch? watch)
    {
        bool ready = watch?.Ready != false;
        context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        string[] missing = ready ? ["ok\n"] : [.. watch!.Informers.Where(i => !i.Synced).Select(Line)];
        return context.Response.WriteAsync(missing.Length > 0 ? string.Concat(missing) : "names are being made\n");
    }

    private static string Line(IInformer informer) =>
        $"{informer.Name} not listed yet{(informer.Away is { } reason ? $": the API server {reason}" : "")}\n";
}
