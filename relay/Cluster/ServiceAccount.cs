using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Depmap.Relay.Options;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Where the API server is and who asks it: the folder that Kubernetes mounts into a pod (<c>token</c>, <c>ca.crt</c>), and
/// the variables that it sets there. Both files are read anew for each use, for both are rotated.
/// </summary>
internal sealed class ServiceAccount
{
    private readonly string _folder;

    private ServiceAccount(string folder, Uri server) => (_folder, Server) = (folder, server);

    /// <summary><c>https://HOST:PORT</c></summary>
    public Uri Server { get; }

    /// <param name="folder">As mounted, mostly /var/run/secrets/kubernetes.io/serviceaccount.</param>
    /// <param name="environment">Gives an environment variable's value; null where it is not set.</param>
    /// <exception cref="UserException">A file or a variable is missing.</exception>
    public static ServiceAccount Open(string folder, Func<string, string?> environment)
    {
        if (environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || !ushort.TryParse(environment("KUBERNETES_SERVICE_PORT"), out ushort port))
        {
            throw new UserException("--kubernetes needs the variables KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which Kubernetes sets in a pod");
        }

        foreach (string file in (string[])["token", "ca.crt"])
        {
            if (!File.Exists(Path.Combine(folder, file)))
                throw new UserException($"no {Path.Combine(folder, file)}: --kubernetes needs the folder of a service account. Does the pod have automountServiceAccountToken: false?");
        }

        return new ServiceAccount(folder, new UriBuilder(Uri.UriSchemeHttps, host, port).Uri);
    }

    /// <exception cref="IOException">The token cannot be read now.</exception>
    public AuthenticationHeaderValue Token() => new("Bearer", File.ReadAllText(Path.Combine(_folder, "token")).Trim());

    /// <summary>Whether the server shows a certificate of the cluster's authorities, for the name that was asked.</summary>
    /// <param name="sent">What it sent along: certificates between its own and the authority's.</param>
    public bool Trusts(X509Certificate? server, X509Chain? sent, SslPolicyErrors errors)
    {
        // Our own authorities are not the machine's, so the chain is for us to build; a wrong name is not ours to forgive.
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
            chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
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
