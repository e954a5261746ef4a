using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Verifies a server's certificate, and keeps why it was rejected. KubernetesClient's own check ignores the certificate's name
/// once an authority is given.
/// </summary>
internal sealed class ServerCheck(ServerTrust trust)
{
    /// <summary>Completes "its certificate …"; null if none was rejected.</summary>
    public string? Error { get; private set; }

    public SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, chain, errors) => Accept(chain, errors),
        };
        if (trust.Authorities is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(trust.Authorities);
        }

        return options;
    }

    private bool Accept(X509Chain? chain, SslPolicyErrors errors)
    {
        if (trust.SkipVerify)
            return true;
        X509ChainStatusFlags status = (chain?.ChainStatus ?? [])
            .Aggregate(X509ChainStatusFlags.NoError, (flags, element) => flags | element.Status);
        // As in Go, a trusted certificate does not have to be a root.
        if (status == X509ChainStatusFlags.PartialChain && chain!.ChainElements.Skip(1).Any(element => IsTrusted(element.Certificate)))
            errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        if (errors == SslPolicyErrors.None)
            return true;
        Error = Describe(chain, status, errors);
        return false;
    }

    private bool IsTrusted(X509Certificate2 certificate) =>
        trust.Authorities?.Any(authority => authority.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)) == true;

    private string Describe(X509Chain? chain, X509ChainStatusFlags status, SslPolicyErrors errors)
    {
        X509Certificate2? certificate = chain?.ChainElements.FirstOrDefault()?.Certificate;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) || certificate is null)
            return "is missing";
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return certificate.NotAfter < DateTime.Now
                ? $"expired at {Time(certificate.NotAfter)}"
                : $"is only valid from {Time(certificate.NotBefore)} to {Time(certificate.NotAfter)}. Is this machine's clock right?";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return trust.Authorities is null
                ? "is signed by an authority that this machine does not trust. Is certificate-authority missing in the kubeconfig?"
                : "is signed by an authority other than the kubeconfig's. Is this the kubeconfig of this cluster, and is it up to date?";
        }

        string names = string.Join(", ", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(
            extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => $"{address}"))));
        return $"is valid for {(names.Length > 0 ? names : "no name")}. "
            + "Try: use one of these in the kubeconfig, in server or as tls-server-name";
    }

    private static string Time(DateTime local) => $"{local.ToUniversalTime():yyyy-MM-dd HH:mm}Z";
}
