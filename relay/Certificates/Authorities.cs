using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Relay.Certificates;

/// <summary>
/// The certificate authorities of an installation. One that is to be replaced stays, and its successor is only trusted at
/// first: agents read their files again within a minute or two, and connect to the relay before and after that. Once all
/// must have read that they can trust it, it signs; the previous one stays trusted until it ends.
/// </summary>
/// <param name="Current">Signs.</param>
/// <param name="Next">Is trusted, but does not sign yet; null if no replacement is due.</param>
/// <param name="Trusted">All trusted authorities, in PEM.</param>
internal sealed record Authorities(CertificateAuthority Current, CertificateAuthority? Next, string Trusted)
{
    /// <summary>How long an authority is trusted before it signs.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromDays(1);

    /// <summary>The authorities now, which are new ones if there are none or they have ended.</summary>
    /// <param name="agents">What the agents have; null if it is not known.</param>
    public static Authorities Plan(AuthorityFiles stored, IssuedFiles? agents, DateTimeOffset now, TimeSpan overlap)
    {
        CertificateAuthority? current = Usable(stored.Current, now), next = Usable(stored.Next, now);
        if (next is not null && (current is null || agents?.HaveTrusted(next, overlap, now) == true))
            (current, next) = (next, null);
        current ??= CertificateAuthority.Create(now);
        if (next is null && now >= current.Renewal)
            next = CertificateAuthority.Create(now);
        return new Authorities(current, next, TrustedBy(current, next, stored.Trusted, now));
    }

    public AuthorityFiles ToFiles() => new(Current.Own, Next?.Own ?? CertificatePair.None, Trusted);

    private static CertificateAuthority? Usable(CertificatePair pair, DateTimeOffset now) =>
        CertificateAuthority.TryRead(pair) is { } authority && now < authority.End ? authority : null;

    private static string TrustedBy(CertificateAuthority current, CertificateAuthority? next, string before, DateTimeOffset now)
    {
        IEnumerable<string> earlier = Read(before)
            .Where(certificate => now < Lifetime.EndOf(certificate))
            .Select(CertificateAuthority.ToPem);
        string[] all = [current.Own.Certificate, .. next is null ? [] : (string[])[next.Own.Certificate], .. earlier];
        return string.Concat(all.Distinct(StringComparer.Ordinal));
    }

    private static X509Certificate2Collection Read(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Someone has edited the Secret: what the relay needs is in it again after this.
            certificates.Clear();
        }

        return certificates;
    }
}
