using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Install;

/// <summary>
/// Signs the certificates that agents and relay authenticate each other with: ECDSA on P-256, which all TLS libraries support.
/// </summary>
internal sealed class CertificateAuthority(CertificatePair own)
{
    private static readonly TimeSpan OwnLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan IssuedLifetime = TimeSpan.FromDays(730);

    // Certificates are valid from this long ago, for nodes whose clock is behind.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    public enum Use { Server, Client }

    public CertificatePair Own => own;

    public static CertificateAuthority Create(DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // A unique name: after a replacement, the old and the new authority must be distinguishable.
        string suffix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"CN=depmap authority {suffix}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using X509Certificate2 certificate = request.CreateSelfSigned(now - ClockSkew, now + OwnLifetime);
        return new CertificateAuthority(new CertificatePair(Pem(certificate), key.ExportPkcs8PrivateKeyPem() + "\n"));
    }

    /// <param name="name">The common name and the only DNS name.</param>
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
        // .NET requires a period within the issuer's, which may come from a machine whose clock is ahead.
        DateTimeOffset start = now - ClockSkew;
        DateTimeOffset end = now + IssuedLifetime;
        using X509Certificate2 certificate = request.Create(
            issuer,
            start > issuer.NotBefore ? start : issuer.NotBefore,
            end < issuer.NotAfter ? end : issuer.NotAfter,
            NewSerialNumber());
        return new CertificatePair(Pem(certificate), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>A positive number of at most 20 bytes (RFC 5280 4.1.2.2).</summary>
    private static byte[] NewSerialNumber()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";
}
