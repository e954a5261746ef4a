using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Sends requests as the user of a connection; asks for a new credential, once, where one is refused.</summary>
internal sealed class ApiHandler(Connection connection, IWebProxy environment) : HttpMessageHandler
{
    // As long as a person waits for an address that swallows packets.
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly Lock _swap = new();
    private readonly ServerCheck _check = new(connection.Trust);
    private X509Certificate2Collection? _shown;
    private HttpMessageInvoker? _network;

    /// <summary>Why the server's certificate was refused; null while none was.</summary>
    public string? CertificateProblem => _check.Problem;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Identity identity = await connection.Credential.GetAsync(cancellationToken);
        HttpResponseMessage response = await SendAsync(request, identity, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !connection.Credential.Refuse(identity))
            return response;
        response.Dispose();
        return await SendAsync(request, await connection.Credential.GetAsync(cancellationToken), cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _network?.Dispose();
            (connection.Credential as IDisposable)?.Dispose();
        }

        base.Dispose(disposing);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, Identity identity, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = identity.Header;
        // .NET takes the name for TLS from here. The API server does not look at it.
        if (connection.Trust.ServerName is { } name)
            request.Headers.Host = name;
        foreach (var header in connection.Impersonation.Headers().GroupBy(header => header.Name, header => header.Value))
        {
            request.Headers.Remove(header.Key);
            request.Headers.TryAddWithoutValidation(header.Key, RepeatedHeader.Join(header));
        }

        return Network(identity.Certificate ?? connection.ClientCertificate).SendAsync(request, cancellationToken);
    }

    // A connection keeps the certificate it was opened with, so a new certificate means new connections.
    private HttpMessageInvoker Network(X509Certificate2Collection? certificate)
    {
        lock (_swap)
        {
            if (_network is not null && ReferenceEquals(_shown, certificate))
                return _network;
            // The one before may still be in use by a watch: it goes with its last stream.
            _shown = certificate;
            return _network = new HttpMessageInvoker(Open(certificate));
        }
    }

    private SocketsHttpHandler Open(X509Certificate2Collection? certificate)
    {
        SslClientAuthenticationOptions tls = _check.Options();
        if (certificate is not null)
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate[0], [.. certificate.Skip(1)], offline: true);
        return new SocketsHttpHandler
        {
            SslOptions = tls,
            Proxy = connection.Proxy is { } proxy ? new WebProxy(proxy) { Credentials = Login(proxy) } : environment,
            ConnectTimeout = ConnectPatience,
            RequestHeaderEncodingSelector = (name, _) =>
                name.StartsWith(Impersonation.Prefix, StringComparison.OrdinalIgnoreCase) ? new RepeatedHeader(name) : null,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
        };
    }

    private static NetworkCredential? Login(Uri proxy) =>
        proxy.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var password]
            ? new NetworkCredential(Uri.UnescapeDataString(user), password is [var word] ? Uri.UnescapeDataString(word) : "")
            : null;
}
