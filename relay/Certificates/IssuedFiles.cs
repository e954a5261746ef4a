using System.Security.Cryptography.X509Certificates;

namespace Depmap.Relay.Certificates;

/// <summary>What one side of a connection needs: the agents' Secret, or the relay's own certificate, which it keeps in memory.</summary>
/// <param name="Own">Its certificate and key.</param>
/// <param name="Trusted">The authorities whose certificates it accepts, in PEM.</param>
internal sealed record IssuedFiles(CertificatePair Own, string Trusted)
{
    private const string Certificate = "tls.crt", Key = "tls.key", Authorities = "ca.crt";

    public static readonly IssuedFiles None = new(CertificatePair.None, "");

    public static IssuedFiles Read(IReadOnlyDictionary<string, string> files) => new(
        new CertificatePair(files.GetValueOrDefault(Certificate, ""), files.GetValueOrDefault(Key, "")),
        files.GetValueOrDefault(Authorities, ""));

    public IReadOnlyDictionary<string, string> ToFiles() => new Dictionary<string, string>
    {
        [Certificate] = Own.Certificate,
        [Key] = Own.Key,
        [Authorities] = Trusted,
    };

    /// <summary>These files if they can stay as they are, else new ones.</summary>
    /// <param name="name">The name of the certificate.</param>
    public IssuedFiles Renew(Authorities authorities, string name, CertificateUse use, DateTimeOffset now)
    {
        using X509Certificate2? certificate = Own.TryLoad();
        bool stays = certificate is not null
            && Trusted == authorities.Trusted
            && authorities.Current.HasIssued(certificate)
            && now < Lifetime.RenewalOf(certificate)
            && (now >= Lifetime.StartOf(certificate) || !authorities.Current.CanStartBefore(certificate));
        return stays ? this : new IssuedFiles(authorities.Current.Issue(name, use, now), authorities.Trusted);
    }

    /// <summary>
    /// Whether an authority has been trusted here for some time. Each change of the files comes with a new certificate, whose
    /// start is therefore the time of the last change.
    /// </summary>
    public bool HaveTrusted(CertificateAuthority authority, TimeSpan time, DateTimeOffset now)
    {
        using X509Certificate2? certificate = Own.TryLoad();
        return certificate is not null
            && Trusted.Contains(authority.Own.Certificate, StringComparison.Ordinal)
            && now >= Lifetime.StartOf(certificate) + Lifetime.ClockSkew + time;
    }
}
