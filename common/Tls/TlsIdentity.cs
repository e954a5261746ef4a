using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Common.Tls;

/// <summary>
/// What one side authenticates itself with, and the certificate authorities whose certificates it accepts from the other side.
/// </summary>
internal sealed record TlsIdentity(X509Certificate2 Own, X509Certificate2Collection Authorities)
{
    public DateTimeOffset End => Own.NotAfter;

    /// <summary>The end of the authority that is valid the longest.</summary>
    public DateTimeOffset AuthorityEnd => Authorities.Max(authority => new DateTimeOffset(authority.NotAfter));

    /// <exception cref="CryptographicException">A text is not PEM, or the key is of another certificate.</exception>
    /// <exception cref="ArgumentException">The same.</exception>
    public static TlsIdentity FromPem(string certificate, string key, string authorities)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPem(authorities);
        return new TlsIdentity(X509Certificate2.CreateFromPem(certificate, key), trusted);
    }

    /// <summary>Options for one connection to the relay, whose certificate must match the host name.</summary>
    public SslClientAuthenticationOptions ForClient() => new()
    {
        ClientCertificates = [Own],
        CertificateChainPolicy = Trust(),
    };

    /// <summary>Options for one connection from an agent, which must present a certificate.</summary>
    public SslServerAuthenticationOptions ForServer() => new()
    {
        ServerCertificate = Own,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Trust(),
        ApplicationProtocols = [SslApplicationProtocol.Http2],
    };

    /// <summary>Trusts only our own authorities. They publish no revocation list; they are replaced instead.</summary>
    private X509ChainPolicy Trust()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // Do not download issuers from addresses in a peer's certificate.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }
}
