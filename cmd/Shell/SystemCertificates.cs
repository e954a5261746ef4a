namespace Depmap.Plugin.Shell;

/// <summary>
/// Finds the CA certificates of the system on Linux. The OpenSSL that the program is linked with looks only where Debian has
/// them, so its variables are set, unless the user has set them.
/// </summary>
internal static class SystemCertificates
{
    private const string FileVariable = "SSL_CERT_FILE";
    private const string FolderVariable = "SSL_CERT_DIR";

    // Those of Go's crypto/x509 (root_linux.go), and so of kubectl.
    private static readonly string[] Files =
    [
        "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL 6
        "/etc/ssl/ca-bundle.pem",                             // openSUSE
        "/etc/pki/tls/cacert.pem",                            // OpenELEC
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 7 and newer
        "/etc/ssl/cert.pem",                                  // Alpine
        "/var/lib/ca-certificates/ca-bundle.pem",             // openSUSE MicroOS
    ];

    private static readonly string[] Folders = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

    /// <summary>Must be called before the first connection with TLS, while no other thread reads the environment.</summary>
    public static void Locate()
    {
        if (!OperatingSystem.IsLinux())
            return;
        SetDefault(FileVariable, Array.Find(Files, File.Exists));
        SetDefault(FolderVariable, Array.Find(Folders, Directory.Exists));
    }

    private static void SetDefault(string variable, string? path)
    {
        // Without one, OpenSSL's own default is as good as any.
        if (path is not null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
            _ = Libc.SetEnvironment(variable, path, overwrite: 1);
    }
}
