using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Relay.Certificates;

/// <summary>
/// Signs the certificates that agents and relay authenticate each other with: ECDSA on P-256, which all TLS libraries support.
/// </summary>
internal sealed class CertificateAuthority
{
    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(CertificatePair own, X509Certificate2 certificate) => (Own, _certificate) = (own, certificate);

    public CertificatePair Own { get; }

    public DateTimeOffset End => Lifetime.EndOf(_certificate);

    public DateTimeOffset Renewal => Lifetime.RenewalOf(_certificate);

    public static CertificateAuthority Create(DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // A unique name: after a replacement, the old and the new authority must be distinguishable.
        string suffix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"CN=depmap authority {suffix}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        X509Certificate2 certificate = request.CreateSelfSigned(now - Lifetime.AuthorityClockSkew, now + Lifetime.Authority);
        return new CertificateAuthority(new CertificatePair(ToPem(certificate), key.ExportPkcs8PrivateKeyPem() + "\n"), certificate);
    }

    /// <summary>Null if the pair is not the certificate of such an authority and its key.</summary>
    public static CertificateAuthority? TryRead(CertificatePair pair) =>
        pair.TryLoad() is { } certificate && CanSign(certificate) ? new CertificateAuthority(pair, certificate) : null;

    /// <param name="name">The common name and the only DNS name.</param>
    public CertificatePair Issue(string name, CertificateUse use, DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        // RFC 5280 4.2.1.12: id-kp-serverAuth, id-kp-clientAuth.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(use == CertificateUse.Server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        // .NET requires a period within the authority's, which may come from a machine whose clock is ahead.
        DateTimeOffset start = Later(now - Lifetime.ClockSkew, Lifetime.StartOf(_certificate));
        DateTimeOffset end = Later(start, Earlier(now + Lifetime.Issued, End));
        using X509Certificate2 certificate = request.Create(_certificate, start, end, NewSerialNumber());
        return new CertificatePair(ToPem(certificate), key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    public bool HasIssued(X509Certificate2 certificate)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                // Only the signature matters here.
                VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
            },
        };
        chain.ChainPolicy.CustomTrustStore.Add(_certificate);
        return chain.Build(certificate);
    }

    /// <summary>Whether a certificate issued now could start earlier than this one, which was made by a clock that is ahead.</summary>
    public bool CanStartBefore(X509Certificate2 certificate) => Lifetime.StartOf(certificate) > Lifetime.StartOf(_certificate);

    public static string ToPem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static bool CanSign(X509Certificate2 certificate) =>
        certificate.GetECDsaPublicKey() is not null
        && certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority)
        && certificate.Extensions.OfType<X509KeyUsageExtension>().All(usage => usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign))
        && certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Any();

    /// <summary>A positive number of at most 20 bytes (RFC 5280 4.1.2.2).</summary>
    private static byte[] NewSerialNumber()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }
}
