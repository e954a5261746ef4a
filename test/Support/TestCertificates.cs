using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Support;

/// <summary>Creates certificates for a test.</summary>
public static class TestCertificates
{
    // RFC 5280 4.2.1.12
    public const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>A certificate authority; an intermediate one with a <paramref name="parent"/>.</summary>
    public static X509Certificate2 Authority(string name = "test-ca", X509Certificate2? parent = null)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return Create(name, parent, isAuthority: true, parent?.NotBefore ?? now - (3 * Day), parent?.NotAfter ?? now + (3 * Day), [], null);
    }

    /// <summary>A certificate that is valid for these DNS names and addresses.</summary>
    public static X509Certificate2 Leaf(X509Certificate2 authority, string name, params string[] names) =>
        Leaf(authority, name, authority.NotAfter, null, names);

    /// <param name="end">When it expires; not after its authority.</param>
    /// <param name="usage">Its extended key usage, or null for any.</param>
    public static X509Certificate2 Leaf(
        X509Certificate2 authority, string name, DateTimeOffset end, string? usage, params string[] names) =>
        Leaf(authority, name, DateTimeOffset.UtcNow - (2 * Day), end, usage, names);

    /// <param name="start">Not before its authority.</param>
    /// <param name="end">When it expires; not after its authority.</param>
    /// <param name="usage">Its extended key usage, or null for any.</param>
    public static X509Certificate2 Leaf(
        X509Certificate2 authority, string name, DateTimeOffset start, DateTimeOffset end, string? usage, params string[] names) =>
        Create(name, authority, isAuthority: false, start, end, names, usage);

    /// <summary>A certificate that has expired.</summary>
    public static X509Certificate2 Ended(X509Certificate2 authority, params string[] names) =>
        Leaf(authority, "ended", DateTimeOffset.UtcNow.AddMinutes(-1), null, names);

    /// <summary>The private key of a certificate, as PEM.</summary>
    public static string Key(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private static X509Certificate2 Create(
        string name, X509Certificate2? parent, bool isAuthority, DateTimeOffset start, DateTimeOffset end, string[] names, string? usage)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (isAuthority)
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (string alternative in names)
            {
                if (IPAddress.TryParse(alternative, out IPAddress? address))
                    alternatives.AddIpAddress(address);
                else
                    alternatives.AddDnsName(alternative);
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        if (parent is null)
            return request.CreateSelfSigned(start, end);
        using X509Certificate2 issued = request.Create(parent, start, end, RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
