using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Verifies a server's certificate, and keeps why it was rejected. KubernetesClient's own check ignores the certificate's name
/// once an authority is given.
/// </summary>
internal sealed class ServerCheck(ServerTrust trust)
{
    /// <summary>Null if none was.</summary>
    public RejectedCertificate? Rejected { get; private set; }

    public SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions
        {
            // As kubectl. The defaults of Windows are the same. On macOS there is no TLS 1.3 by default (TlsFailure), and asking for it
            // would be an error.
            EnabledSslProtocols = OperatingSystem.IsLinux() ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.None,
            RemoteCertificateValidationCallback = (sender, _, chain, errors) => Accept(sender as SslStream, chain, errors),
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

    private bool Accept(SslStream? connection, X509Chain? chain, SslPolicyErrors errors)
    {
        if (trust.SkipVerify)
            return true;
        X509ChainStatusFlags status = (chain?.ChainStatus ?? [])
            .Aggregate(X509ChainStatusFlags.NoError, (flags, element) => flags | element.Status);
        // As in Go, a trusted certificate does not have to be a root.
        if (status == X509ChainStatusFlags.PartialChain && chain!.ChainElements.Skip(1).Any(element => IsTrusted(element.Certificate)))
            errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        // .NET accepts the common name of a certificate without other names. As in Go, it does not count.
        if (errors == SslPolicyErrors.None && Names(chain!.ChainElements[0].Certificate).Any())
            return true;
        string host = connection?.TargetHostName ?? "";
        Rejected = new RejectedCertificate(host, Describe(host, chain, status, errors));
        return false;
    }

    private bool IsTrusted(X509Certificate2 certificate) =>
        trust.Authorities?.Any(authority => authority.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)) == true;

    private string Describe(string host, X509Chain? chain, X509ChainStatusFlags status, SslPolicyErrors errors)
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

        string names = string.Join(", ", Names(certificate));
        return names.Length > 0
            ? $"is valid for {names}. Try: use one of these in the kubeconfig, in server or as tls-server-name"
            : $"has no DNS name or IP address (subjectAltName). It must be issued again, for {host}";
    }

    private static IEnumerable<string> Names(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(
            extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => $"{address}")));

    private static string Time(DateTime local) => $"{local.ToUniversalTime():yyyy-MM-dd HH:mm}Z";
}
