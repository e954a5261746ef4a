using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Common.Tls;

/// <summary>
/// The certificates that agents and relay authenticate each other with: a folder with <c>tls.crt</c>, <c>tls.key</c>
/// and <c>ca.crt</c> (PEM), like a mounted Secret of type kubernetes.io/tls. Changed files are reloaded, so that a
/// rotation needs no restart. Each side requires a certificate signed by this certificate authority.
/// </summary>
internal sealed class TlsFolder
{
    private readonly string _folder;
    private readonly Lock _lock = new();
    private Stamp _stamp;
    private TlsIdentity _identity;

    /// <exception cref="TlsException">A file is missing or invalid.</exception>
    public TlsFolder(string folder)
    {
        _folder = folder;
        _stamp = ReadStamp();
        _identity = Read();
    }

    /// <summary>The certificates now, for one connection. In the middle of a rotation, the previous ones stay in use.</summary>
    public TlsIdentity Current()
    {
        lock (_lock)
        {
            Stamp now = ReadStamp();
            if (now == _stamp)
                return _identity;
            try
            {
                _identity = Read();
                _stamp = now;
            }
            catch (TlsException)
            {
                // The stamp is unchanged, so the next connection tries again.
            }

            return _identity;
        }
    }

    private TlsIdentity Read()
    {
        string authority = PathOf("ca.crt"), certificate = PathOf("tls.crt"), key = PathOf("tls.key");
        foreach (string file in (string[])[authority, certificate, key])
        {
            if (!File.Exists(file))
                throw new TlsException($"{file} does not exist: the folder needs tls.crt, tls.key and ca.crt");
        }

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(authority);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"cannot read {authority}: {e.Message}", e);
        }

        if (authorities.Count == 0)
            throw new TlsException($"{authority} contains no PEM certificate");
        try
        {
            return new TlsIdentity(X509Certificate2.CreateFromPemFile(certificate, key), authorities);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"{certificate} and {key} are not a PEM certificate and its key: {e.Message}", e);
        }
    }

    private Stamp ReadStamp() => new(LastWriteOf("tls.crt"), LastWriteOf("tls.key"), LastWriteOf("ca.crt"));

    // The kubelet replaces a symbolic link above the files, so the target's time counts. A missing file has the year 1601.
    private DateTime LastWriteOf(string name)
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
}
