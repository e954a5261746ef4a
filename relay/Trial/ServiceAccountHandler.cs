using Depmap.Relay.Cluster;

namespace Depmap.Relay.Trial;

/// <summary>Authenticates requests to the API server with the pod's service account token, which is rotated.</summary>
internal sealed class ServiceAccountHandler : DelegatingHandler
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly ServiceAccount _account;

    private ServiceAccountHandler(ServiceAccount account, HttpMessageHandler inner)
        : base(inner) => _account = account;

    public static HttpClient CreateClient(ServiceAccount account)
    {
        var inner = new SocketsHttpHandler { UseProxy = false };
        inner.SslOptions.RemoteCertificateValidationCallback =
            (_, certificate, chain, errors) => account.Trusts(certificate, chain, errors);
        return new HttpClient(new ServiceAccountHandler(account, inner)) { BaseAddress = account.Server, Timeout = RequestTimeout };
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _account.Token();
        return base.SendAsync(request, cancellationToken);
    }
}
