using System.Net;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using Depmap.Common;
using k8s;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Sends requests through KubernetesClient as the user of a connection, and renews a rejected credential once.
/// </summary>
/// <param name="environmentProxy">Used if the connection has no proxy.</param>
/// <param name="log">Called with a line for each request; null for none.</param>
internal sealed class ApiClient(Connection connection, EnvironmentProxy environmentProxy, Action<string>? log) : IDisposable
{
    // A person waits for an address that drops packets.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private static readonly string UserAgent = $"kubectl-depmap/{ProductVersion.Text} ({RuntimeInformation.RuntimeIdentifier})";

    private readonly Lock _lock = new();
    private readonly ServerCheck _check = new(connection.Trust);
    private X509Certificate2Collection? _certificate;
    private Kubernetes? _client;

    /// <summary>The proxy to the API server; null if it is reached directly.</summary>
    public ProxyAddress? Proxy { get; } = connection.Proxy ?? environmentProxy.For(connection.Server);

    /// <summary>The certificate that was rejected; null if none was.</summary>
    public RejectedCertificate? Rejected => _check.Rejected;

    /// <summary>Sends a request; returns once the response's headers are read.</summary>
    /// <param name="create">Makes the request for a URI; called again for a second attempt.</param>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        if (connection.Credentials is not RenewableCredentials renewable)
            return await SendAsync(create(), null, cancellationToken);
        Identity identity = await renewable.GetAsync(cancellationToken);
        HttpResponseMessage response = await SendAsync(create(), identity, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return response;
        response.Dispose();
        renewable.Invalidate(identity);
        return await SendAsync(create(), await renewable.GetAsync(cancellationToken), cancellationToken);
    }

    public void Dispose()
    {
        _client?.Dispose();
        (connection.Credentials as IDisposable)?.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Identity? identity, CancellationToken cancellationToken)
    {
        using (request)
        {
            request.Version = HttpVersion.Version11;
            // .NET takes the name for TLS from here; HostHeader writes the real one.
            request.Headers.Host = connection.Trust.ServerName;
            if (identity is not null)
                request.Headers.Authorization = identity.Header;
            else if (connection.Credentials is { } credentials)
                await credentials.ProcessHttpRequestAsync(request, cancellationToken);
            Kubernetes client = Client(identity?.Certificate ?? connection.ClientCertificate);
            return await client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
    }

    // A network connection keeps the certificate that it was opened with, so another certificate needs another client.
    private Kubernetes Client(X509Certificate2Collection? certificate)
    {
        lock (_lock)
        {
            if (_client is not null && ReferenceEquals(_certificate, certificate))
                return _client;
            // A watch may still use the previous client.
            _certificate = certificate;
            var handlers = new List<DelegatingHandler> { new ImpersonationHandler(connection.Impersonation) };
            if (log is not null)
                handlers.Add(new RequestLog(log));
            return _client = new Kubernetes(
                new KubernetesClientConfiguration
                {
                    Host = connection.Server.ToString(),
                    UserAgent = UserAgent,
                    FirstMessageHandlerSetup = handler => Configure(handler, certificate),
                },
                [.. handlers]);
        }
    }

    private void Configure(SocketsHttpHandler handler, X509Certificate2Collection? certificate)
    {
        // Not by SslCaCerts: see ServerCheck.
        handler.SslOptions = _check.Options();
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate[0], [.. certificate.Skip(1)], offline: true);
        }

        handler.UseProxy = Proxy is not null;
        handler.Proxy = Proxy is null ? null : new WebProxy(Proxy.Uri) { Credentials = Proxy };
        handler.ConnectTimeout = ConnectTimeout;
        handler.RequestHeaderEncodingSelector = EncodingOf;
        handler.UseCookies = false;
        handler.AllowAutoRedirect = false;
        handler.AutomaticDecompression = DecompressionMethods.GZip;
    }

    private HeaderEncoding? EncodingOf(string header, HttpRequestMessage request)
    {
        if (header.StartsWith(Impersonation.Prefix, StringComparison.OrdinalIgnoreCase))
            return new HeaderLines(header);
        return header == "Host" && connection.Trust.ServerName is not null ? new HostHeader(connection.Server) : null;
    }
}
