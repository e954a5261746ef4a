using System.Security.Cryptography.X509Certificates;

namespace Depmap.Relay.Certificates;

/// <summary>How long certificates are valid, and when they are replaced.</summary>
internal static class Lifetime
{
    public static readonly TimeSpan Authority = TimeSpan.FromDays(3 * 365);
    public static readonly TimeSpan Issued = TimeSpan.FromDays(90);

    /// <summary>Certificates are valid from this long before they are made, for nodes whose clock is behind.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    /// <summary>The same for an authority: what it signs cannot start earlier, so it allows for more.</summary>
    public static readonly TimeSpan AuthorityClockSkew = TimeSpan.FromDays(1);

    public static DateTimeOffset StartOf(X509Certificate2 certificate) => certificate.NotBefore;

    public static DateTimeOffset EndOf(X509Certificate2 certificate) => certificate.NotAfter;

    /// <summary>After two thirds of its time, a certificate is replaced: the rest is left to repair what prevents that.</summary>
    public static DateTimeOffset RenewalOf(X509Certificate2 certificate) =>
        StartOf(certificate) + ((EndOf(certificate) - StartOf(certificate)) * 2 / 3);
}
