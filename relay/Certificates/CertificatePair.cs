using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Relay.Certificates;

/// <summary>A certificate and its private key in PEM; empty if there is none.</summary>
internal readonly record struct CertificatePair(string Certificate, string Key)
{
    public static readonly CertificatePair None = new("", "");

    /// <summary>The certificate with its key; null if the texts are not a certificate and its key.</summary>
    public X509Certificate2? TryLoad()
    {
        try
        {
            return X509Certificate2.CreateFromPem(Certificate, Key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }
}
