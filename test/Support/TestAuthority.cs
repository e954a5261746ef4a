using System.Security.Cryptography.X509Certificates;

namespace Depmap.Support;

/// <summary>A certificate authority for one test, and folders with the certificates that it issued.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("depmap-tls-");
    private readonly X509Certificate2 _authority = TestCertificates.Authority();
    private int _folders;

    public enum Use { Server, Client }

    /// <summary>Creates a folder with <c>tls.crt</c>, <c>tls.key</c> and <c>ca.crt</c>.</summary>
    public string Folder(Use use, string name = "localhost", int endsInDays = 1)
    {
        string folder = Path.Combine(_root.FullName, $"{_folders++}");
        Directory.CreateDirectory(folder);
        Issue(folder, use, name, endsInDays);
        return folder;
    }

    /// <summary>Replaces the certificate in a folder by a new one.</summary>
    public void Issue(string folder, Use use, string name, int endsInDays = 1)
    {
        string usage = use == Use.Server ? TestCertificates.ServerAuthentication : TestCertificates.ClientAuthentication;
        using X509Certificate2 issued =
            TestCertificates.Leaf(_authority, name, DateTimeOffset.UtcNow.AddDays(endsInDays), usage, name);
        File.WriteAllText(Path.Combine(folder, "tls.crt"), issued.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "tls.key"), TestCertificates.Key(issued));
        File.WriteAllText(Path.Combine(folder, "ca.crt"), _authority.ExportCertificatePem());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _root.Delete(recursive: true);
    }
}
