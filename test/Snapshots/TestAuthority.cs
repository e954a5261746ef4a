using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Tests;

/// <summary>A certificate authority for tests, and folders with what it issued.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("depmap-tls-");
    private readonly X509Certificate2 _authority = NewAuthority();
    private int _folders;

    public enum Use { Server, Client }

    /// <summary>A folder with <c>tls.crt</c>, <c>tls.key</c> and <c>ca.crt</c>.</summary>
    public string Folder(Use use, string name = "localhost", int endsInDays = 1)
    {
        string folder = Path.Combine(_root.FullName, $"{_folders++}");
        Directory.CreateDirectory(folder);
        Issue(folder, use, name, endsInDays);
        return folder;
    }

    /// <summary>Writes a new certificate in the place of the one before.</summary>
    public void Issue(string folder, Use use, string name, int endsInDays = 1)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        // RFC 5280 4.2.1.12: id-kp-serverAuth, id-kp-clientAuth.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(use == Use.Server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        using X509Certificate2 issued = request.Create(
            _authority, DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(endsInDays), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(folder, "tls.crt"), issued.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, "ca.crt"), _authority.ExportCertificatePem());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _root.Delete(recursive: true);
    }

    private static X509Certificate2 NewAuthority()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(3));
    }
}
