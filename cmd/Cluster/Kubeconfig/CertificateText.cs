using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Reads certificates as kubeconfigs and credential plugins write them: PEM, several in a row.</summary>
internal static class CertificateText
{
    /// <param name="source">For the message.</param>
    /// <exception cref="ApiException">There is none.</exception>
    public static X509Certificate2Collection ReadRoots(byte[] pem, string source)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(Encoding.UTF8.GetString(pem));
        }
        catch (CryptographicException wrong)
        {
            throw new ApiException($"the certificate-authority in {source} cannot be read: {wrong.Message}", wrong);
        }

        return roots.Count > 0 ? roots : throw new ApiException($"the certificate-authority in {source} holds no certificate in PEM");
    }

    /// <returns>The first with its key.</returns>
    /// <exception cref="ApiException">They do not belong together, or are no PEM.</exception>
    public static X509Certificate2Collection ReadClient(byte[] certificates, byte[] key, string source)
    {
        try
        {
            string pem = Encoding.UTF8.GetString(certificates);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            X509Certificate2 own = X509Certificate2.CreateFromPem(pem, Encoding.UTF8.GetString(key));
            // Windows' TLS takes no key that was never in a store or a PFX.
            if (OperatingSystem.IsWindows())
                own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null);
            return [own, .. chain.Skip(1)];
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new ApiException($"the client certificate in {source} cannot be used: {wrong.Message}", wrong);
        }
    }
}
