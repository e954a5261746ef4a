using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>
/// Fills the Secrets of <c>certificates.yaml</c>. Certificates in the cluster are kept if they are valid for more than 30
/// days, others are replaced. A replaced authority stays trusted beside the new one, so that agents and relay can connect
/// while the kubelets update their files.
/// </summary>
internal static class Certificates
{
    /// <summary>Certificates that expire within this time are replaced.</summary>
    public static readonly TimeSpan RenewalPeriod = TimeSpan.FromDays(30);

    private const string CertificateFile = "tls.crt";
    private const string KeyFile = "tls.key";
    private const string TrustedFile = "ca.crt";

    /// <param name="objects">All objects of an installation.</param>
    /// <param name="existing">Returns the cluster's version of a Secret; null if it does not exist.</param>
    public static void Fill(IEnumerable<JsonObject> objects, Func<JsonObject, JsonObject?> existing, DateTimeOffset now)
    {
        JsonObject[] secrets = [.. objects.Where(resource => resource.Kind == "Secret")];
        JsonObject authoritySecret = secrets.Single(secret => secret.Name == ProductNames.Authority);
        string relayName = $"{ProductNames.Relay}.{authoritySecret.Namespace}.svc";

        CertificateAuthority authority = FillAuthority(authoritySecret, existing(authoritySecret), now);
        string trusted = Text(authoritySecret, TrustedFile)!;
        foreach (JsonObject secret in secrets.Where(secret => secret != authoritySecret))
        {
            if (existing(secret) is { } current && IsValid(current, now) && Text(current, TrustedFile) == trusted)
            {
                Put(secret, Pair(current), trusted);
                continue;
            }

            Put(secret, secret.Component == ProductLabels.Relay
                ? authority.Issue(relayName, CertificateAuthority.Use.Server, now)
                : authority.Issue(ProductNames.Agent, CertificateAuthority.Use.Client, now), trusted);
        }
    }

    /// <summary>The expiry time of the certificate in a Secret; null if there is no readable certificate.</summary>
    public static DateTimeOffset? ExpiryOf(JsonObject secret)
    {
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(Text(secret, CertificateFile), Text(secret, KeyFile));
            return certificate.NotAfter;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static CertificateAuthority FillAuthority(JsonObject secret, JsonObject? current, DateTimeOffset now)
    {
        if (current is not null && IsValid(current, now))
        {
            Put(secret, Pair(current), Text(current, TrustedFile) ?? Pair(current).Certificate);
            return new CertificateAuthority(Pair(current));
        }

        var authority = CertificateAuthority.Create(now);
        string previous = current is not null && ExpiryOf(current) > now ? Pair(current).Certificate : "";
        Put(secret, authority.Own, authority.Own.Certificate + previous);
        return authority;
    }

    private static bool IsValid(JsonObject secret, DateTimeOffset now) => ExpiryOf(secret) > now + RenewalPeriod;

    private static CertificatePair Pair(JsonObject secret) => new(Text(secret, CertificateFile)!, Text(secret, KeyFile)!);

    private static string? Text(JsonObject secret, string file)
    {
        string? encoded = (string?)secret["data"]?[file];
        return encoded is null ? null : Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
    }

    private static void Put(JsonObject secret, CertificatePair pair, string trusted) => secret["data"] = new JsonObject
    {
        [CertificateFile] = Encode(pair.Certificate),
        [KeyFile] = Encode(pair.Key),
        [TrustedFile] = Encode(trusted),
    };

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
