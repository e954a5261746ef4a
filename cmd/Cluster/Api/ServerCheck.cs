using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Looks at the certificate that a server shows, and keeps why it was refused.</summary>
internal sealed class ServerCheck(ServerTrust trust)
{
    /// <summary>To be read after "its certificate"; null while none was refused.</summary>
    public string? Problem { get; private set; }

    public SslClientAuthenticationOptions Options()
    {
        var options = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, chain, errors) => Accept(chain, errors) };
        if (trust.Roots is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(trust.Roots);
        }

        return options;
    }

    private bool Accept(X509Chain? chain, SslPolicyErrors errors)
    {
        if (trust.Anyone)
            return true;
        X509ChainStatusFlags status = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        // As in Go, what is trusted need not be a root.
        bool isTrusted = trust.Roots is not null
            && status == X509ChainStatusFlags.PartialChain
            && chain!.ChainElements.Skip(1).Any(element => trust.Roots.Any(root => root.RawDataMemory.Span.SequenceEqual(element.Certificate.RawDataMemory.Span)));
        if (isTrusted)
            errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        if (errors == SslPolicyErrors.None)
            return true;
        Problem = Describe(chain, status, errors);
        return false;
    }

    private string Describe(X509Chain? chain, X509ChainStatusFlags status, SslPolicyErrors errors)
    {
        X509Certificate2? shown = chain?.ChainElements.FirstOrDefault()?.Certificate;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) || shown is null)
            return "is not shown";
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return shown.NotAfter < DateTime.Now
                ? $"ended at {shown.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z"
                : $"is not valid now: from {shown.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z to {shown.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z. Is this machine's clock right?";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return trust.Roots is null
                ? "is signed by an authority that this machine does not trust. Is the certificate-authority missing in the kubeconfig?"
                : "is signed by an authority other than the kubeconfig's. Is the kubeconfig of this cluster, and is it still in date?";
        }

        string names = string.Join(", ", shown.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => $"{address}"))));
        return $"is for {(names.Length > 0 ? names : "no name")}. Try: one of these in the kubeconfig, as tls-server-name or in server";
    }
}
