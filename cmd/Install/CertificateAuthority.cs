using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Install;

/// <summary>A certificate and its key, as PEM.</summary>
internal readonly record struct CertificatePair(string Certificate, string Key);

/// <summary>Signs what agents and relay show each other. ECDSA on P-256, which all TLS stacks know.</summary>
internal sealed class CertificateAuthority(CertificatePair own)
{
    private static readonly TimeSpan OwnLife = TimeSpan.FromDays(3650);
    private static readonly TimeSpan IssuedLife = TimeSpan.FromDays(730);

    // A node's clock may be behind the one that this was made by.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    public enum Use { Server, Client }

    public CertificatePair Own => own;

    public static CertificateAuthority Create(DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Each has its own name: one whose key was replaced must not be taken for its predecessor.
        string serial = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"CN=depmap authority {serial}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 made = request.CreateSelfSigned(now - ClockSkew, now + OwnLife);
        return new CertificateAuthority(new CertificatePair(Pem(made), key.ExportPkcs8PrivateKeyPem() + "\n"));
    }

    /// <param name="name">The common name and, for a server, the only name by which it may be asked for.</param>
    public CertificatePair Issue(string name, Use use, DateTimeOffset now)
    {
        using X509Certificate2 issuer = X509Certificate2.CreateFromPem(own.Certificate, own.Key);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        // RFC 5280 4.2.1.12: id-kp-serverAuth, id-kp-clientAuth.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(use == Use.Server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        // Within its issuer's time, which may have been made by a machine whose clock is ahead of this one's.
        DateTimeOffset start = now - ClockSkew;
        DateTimeOffset end = now + IssuedLife;
        using X509Certificate2 made = request.Create(
            issuer, start > issuer.NotBefore ? start : issuer.NotBefore, end < issuer.NotAfter ? end : issuer.NotAfter, Serial());
        return new CertificatePair(Pem(made), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>A positive number of at most 20 bytes (RFC 5280 4.1.2.2).</summary>
    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";
}
