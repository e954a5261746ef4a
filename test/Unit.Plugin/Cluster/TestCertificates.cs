using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>Certificates made for a test.</summary>
internal static class TestCertificates
{
    // None ends later than what signs it, which may have been made in the second before: the framework refuses that.
    public static X509Certificate2 Authority(string name = "test-ca", X509Certificate2? parent = null) =>
        Make(name, parent, isAuthority: true, parent?.NotAfter ?? DateTimeOffset.UtcNow.AddDays(1), []);

    public static X509Certificate2 Leaf(X509Certificate2 authority, string name, params string[] names) =>
        Make(name, authority, isAuthority: false, authority.NotAfter, names);

    public static X509Certificate2 Ended(X509Certificate2 authority, params string[] names) =>
        Make("ended", authority, isAuthority: false, DateTimeOffset.UtcNow.AddMinutes(-1), names);

    public static string Key(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private static X509Certificate2 Make(string name, X509Certificate2? parent, bool isAuthority, DateTimeOffset end, string[] names)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
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

        DateTimeOffset start = DateTimeOffset.UtcNow.AddHours(-1);
        if (parent is null)
            return request.CreateSelfSigned(start, end);
        using X509Certificate2 made = request.Create(parent, start, end, RandomNumberGenerator.GetBytes(8));
        return made.CopyWithPrivateKey(key);
    }
}
