namespace Depmap.Plugin.Cluster.Api;

/// <summary>Adds the impersonation headers to each request.</summary>
internal sealed class ImpersonationHandler(Impersonation impersonation) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var header in impersonation.Headers().GroupBy(header => header.Name, header => header.Value))
            request.Headers.TryAddWithoutValidation(header.Key, HeaderLines.Join(header));
        return base.SendAsync(request, cancellationToken);
    }
}
