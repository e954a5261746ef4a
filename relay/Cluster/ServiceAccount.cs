using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Depmap.Relay.Options;
using k8s;
using k8s.Authentication;

namespace Depmap.Relay.Cluster;

/// <summary>
/// The address of the API server and the identity of the relay: the folder that Kubernetes mounts into a pod (<c>token</c>,
/// <c>ca.crt</c>), and the variables that it sets there. Both files are rotated, so they are read again for each use;
/// KubernetesClient's InClusterConfig reads ca.crt once, the token once a minute, and takes no folder.
/// </summary>
internal sealed class ServiceAccount : ITokenProvider
{
    private readonly string _folder;

    private ServiceAccount(string folder, Uri server, string? ns) => (_folder, Server, Namespace) = (folder, server, ns);

    /// <summary><c>https://HOST:PORT</c></summary>
    public Uri Server { get; }

    /// <summary>Its namespace, which is the relay's; null if the folder has no file <c>namespace</c>.</summary>
    public string? Namespace { get; }

    /// <param name="folder">Usually /var/run/secrets/kubernetes.io/serviceaccount.</param>
    /// <param name="environment">Returns the value of an environment variable; null if it is not set.</param>
    /// <exception cref="UserException">A file or a variable is missing.</exception>
    public static ServiceAccount Open(string folder, Func<string, string?> environment)
    {
        if (environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || !ushort.TryParse(environment("KUBERNETES_SERVICE_PORT"), out ushort port))
        {
            throw new UserException(
                "--kubernetes needs the variables KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which Kubernetes sets in a pod");
        }

        foreach (string file in (string[])["token", "ca.crt"])
        {
            if (!File.Exists(Path.Combine(folder, file)))
            {
                throw new UserException(
                    $"no {Path.Combine(folder, file)}: --kubernetes needs the folder of a service account. "
                    + "Does the pod have automountServiceAccountToken: false?");
            }
        }

        string nameFile = Path.Combine(folder, "namespace");
        return new ServiceAccount(
            folder, new UriBuilder(Uri.UriSchemeHttps, host, port).Uri, File.Exists(nameFile) ? File.ReadAllText(nameFile).Trim() : null);
    }

    /// <summary>A client that identifies itself with the token and accepts the certificates of <c>ca.crt</c>.</summary>
    public Kubernetes Connect(string userAgent, Action<SocketsHttpHandler> configure) => new(new KubernetesClientConfiguration
    {
        Host = Server.ToString(),
        TokenProvider = this,
        UserAgent = userAgent,
        FirstMessageHandlerSetup = handler =>
        {
            // Not by SslCaCerts: the client's own check ignores the certificate's name.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Trusts(certificate, chain, errors);
            handler.UseProxy = false;
            handler.UseCookies = false;
            handler.AllowAutoRedirect = false;
            handler.ActivityHeadersPropagator = null;
            configure(handler);
        },
    });

    public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) => Task.FromResult(Token());

    /// <exception cref="IOException">The token cannot be read now.</exception>
    public AuthenticationHeaderValue Token() => new("Bearer", File.ReadAllText(Path.Combine(_folder, "token")).Trim());

    /// <summary>Whether the server's certificate is signed by an authority of <c>ca.crt</c> and valid for the requested name.</summary>
    /// <param name="received">Contains the intermediate certificates that the server sent.</param>
    public bool Trusts(X509Certificate? server, X509Chain? received, SslPolicyErrors errors)
    {
        // The system does not know ca.crt, so a chain error is expected and the chain is built again; no other error is.
        if (server is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Path.Combine(_folder, "ca.crt"));
            using var chain = new X509Chain
            {
                ChainPolicy =
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                },
            };
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.ExtraStore.AddRange(received?.ChainPolicy.ExtraStore ?? []);
            // RFC 5280 4.2.1.12: id-kp-serverAuth
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
            using var certificate = new X509Certificate2(server);
            return chain.Build(certificate);
        }
        catch (Exception e) when (e is CryptographicException or IOException)
        {
            return false;
        }
    }
}
