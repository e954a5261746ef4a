using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>
/// Reads PEM text that may hold several certificates, as kubeconfigs and exec plugins do. KubernetesClient loads only the first.
/// </summary>
internal static class CertificateText
{
    /// <param name="source">Names the origin in the message.</param>
    /// <exception cref="ApiException">There is no certificate.</exception>
    public static X509Certificate2Collection ReadAuthorities(byte[] pem, string source)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException failure)
        {
            throw new ApiException($"cannot read the certificate-authority in {source}: {failure.Message}", failure);
        }

        return authorities.Count > 0
            ? authorities
            : throw new ApiException($"the certificate-authority in {source} contains no PEM certificate");
    }

    /// <returns>The client's own certificate with its key, then its intermediates.</returns>
    /// <exception cref="ApiException">The key is not the certificate's, or either is not PEM.</exception>
    public static X509Certificate2Collection ReadClient(byte[] certificates, byte[] key, string source)
    {
        try
        {
            string pem = Encoding.UTF8.GetString(certificates);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            X509Certificate2 own = X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(key));
            // TLS on Windows does not accept an ephemeral key.
            if (OperatingSystem.IsWindows())
                own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
            return [own, .. chain.Skip(1)];
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new ApiException(
                $"cannot use the client certificate in {source}: {UnsupportedKey(certificates, key) ?? failure.Message}", failure);
        }
    }

    /// <summary>What .NET's message does not say.</summary>
    private static string? UnsupportedKey(byte[] certificates, byte[] key)
    {
        if (key.AsSpan().IndexOf("ENCRYPTED"u8) >= 0)
            return "its key is encrypted. Try: openssl pkey -in KEY -out DECRYPTED, and use that file as client-key";
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(certificates));
            // RFC 8410
            return certificate.PublicKey.Oid.Value is "1.3.101.112" or "1.3.101.113"
                ? "its key is Ed25519 or Ed448, which .NET does not support. Use a certificate with an ECDSA or RSA key, or a token"
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
