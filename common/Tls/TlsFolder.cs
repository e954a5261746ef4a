using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Common.Tls;

/// <summary>
/// The certificates by which agents and relay know each other: a folder with <c>tls.crt</c>, <c>tls.key</c> and
/// <c>ca.crt</c> (PEM), as a Secret of type kubernetes.io/tls is mounted. Read again when it changed, so that a
/// rotation needs no restart. Both sides ask for a certificate of this authority, none other.
/// </summary>
internal sealed class TlsFolder
{
    private readonly string _folder;
    private readonly Lock _gate = new();
    private Stamp _stamp;
    private Identity _identity;

    /// <exception cref="TlsException">A file is missing or holds no such thing.</exception>
    public TlsFolder(string folder)
    {
        _folder = folder;
        _stamp = TakeStamp();
        _identity = Read();
    }

    /// <summary>For one connection to the relay, whose certificate must bear the name that was asked for.</summary>
    public SslClientAuthenticationOptions ForClient()
    {
        Identity now = Current();
        return new SslClientAuthenticationOptions
        {
            ClientCertificates = [now.Own],
            CertificateChainPolicy = now.Trust(),
        };
    }

    /// <summary>For one connection of an agent, which must show a certificate.</summary>
    public SslServerAuthenticationOptions ForServer()
    {
        Identity now = Current();
        return new SslServerAuthenticationOptions
        {
            ServerCertificate = now.Own,
            ClientCertificateRequired = true,
            CertificateChainPolicy = now.Trust(),
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        };
    }

    // Asked once a connection. While a rotation is half done the pair before it still serves.
    private Identity Current()
    {
        lock (_gate)
        {
            Stamp now = TakeStamp();
            if (now == _stamp)
                return _identity;
            try
            {
                _identity = Read();
                _stamp = now;
            }
            catch (TlsException)
            {
                // The stamp stays, so the next connection tries again.
            }

            return _identity;
        }
    }

    private Identity Read()
    {
        string authority = PathOf("ca.crt"), certificate = PathOf("tls.crt"), key = PathOf("tls.key");
        foreach (string file in (string[])[authority, certificate, key])
        {
            if (!File.Exists(file))
                throw new TlsException($"no {file}: the folder needs tls.crt, tls.key and ca.crt");
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(authority);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"{authority} cannot be read: {e.Message}", e);
        }

        if (authorities.Count == 0)
            throw new TlsException($"{authority} holds no certificate in PEM form");
        try
        {
            return new Identity(X509Certificate2.CreateFromPemFile(certificate, key), authorities);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"{certificate} and {key} are no certificate with its key in PEM form: {e.Message}", e);
        }
    }

    private Stamp TakeStamp() => new(Written("tls.crt"), Written("tls.key"), Written("ca.crt"));

    // The kubelet swaps a link above the files, so the time must be the target's; of a missing file it is 1601.
    private DateTime Written(string name)
    {
        try
        {
            return (File.ResolveLinkTarget(PathOf(name), returnFinalTarget: true) ?? new FileInfo(PathOf(name))).LastWriteTimeUtc;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private readonly record struct Stamp(DateTime Certificate, DateTime Key, DateTime Authority);

    private sealed record Identity(X509Certificate2 Own, X509Certificate2Collection Authorities)
    {
        /// <summary>Only our own authority. It publishes no list of revoked certificates: it is replaced instead.</summary>
        public X509ChainPolicy Trust()
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                // No fetching of issuers from addresses that a peer's certificate names.
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.AddRange(Authorities);
            return policy;
        }
    }
}
