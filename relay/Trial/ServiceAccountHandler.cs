using Depmap.Relay.Cluster;

namespace Depmap.Relay.Trial;

/// <summary>Asks the API server as this pod's service account, whose token is replaced while it runs.</summary>
internal sealed class ServiceAccountHandler : DelegatingHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ServiceAccount _account;

    private ServiceAccountHandler(ServiceAccount account, HttpMessageHandler inner)
        : base(inner) => _account = account;

    public static HttpClient Connect(ServiceAccount account)
    {
        var inner = new SocketsHttpHandler { UseProxy = false };
        inner.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => account.Trusts(certificate, chain, errors);
        return new HttpClient(new ServiceAccountHandler(account, inner)) { BaseAddress = account.Server, Timeout = Patience };
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _account.Token();
        return base.SendAsync(request, cancellationToken);
    }
}
