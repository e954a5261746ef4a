using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>
/// Fills the Secrets of <c>certificates.yaml</c>: what the cluster has stays while it has more than 30 days to live,
/// the rest is made anew. An authority that is replaced stays trusted beside the new one, so that agents and relay
/// know each other while the kubelets bring them their new files.
/// </summary>
internal static class Certificates
{
    /// <summary>What has less than this left is replaced.</summary>
    public static readonly TimeSpan Reserve = TimeSpan.FromDays(30);

    private const string Certificate = "tls.crt";
    private const string Key = "tls.key";
    private const string Trusted = "ca.crt";

    /// <param name="objects">All objects of an installation.</param>
    /// <param name="existing">The Secret that the cluster has in place of one of them; null where it has none.</param>
    public static void Fill(IEnumerable<JsonObject> objects, Func<JsonObject, JsonObject?> existing, DateTimeOffset now)
    {
        JsonObject[] secrets = [.. objects.Where(it => it.Kind == "Secret")];
        JsonObject ownSecret = secrets.Single(secret => secret.Name == "depmap-authority");
        string relay = $"depmap-relay.{ownSecret.Namespace}.svc";

        CertificateAuthority authority = Authority(ownSecret, existing(ownSecret), now);
        string trusted = Text(ownSecret, Trusted)!;
        foreach (JsonObject secret in secrets.Where(secret => secret != ownSecret))
        {
            if (existing(secret) is { } kept && Lives(kept, now) && Text(kept, Trusted) == trusted)
            {
                Put(secret, Pair(kept), trusted);
                continue;
            }

            Put(secret, secret.Component == "relay"
                ? authority.Issue(relay, CertificateAuthority.Use.Server, now)
                : authority.Issue("depmap-agent", CertificateAuthority.Use.Client, now), trusted);
        }
    }

    /// <summary>When the certificate in a Secret ends; null where there is none that can be read.</summary>
    public static DateTimeOffset? End(JsonObject secret)
    {
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(Text(secret, Certificate), Text(secret, Key));
            return certificate.NotAfter;
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static CertificateAuthority Authority(JsonObject secret, JsonObject? kept, DateTimeOffset now)
    {
        if (kept is not null && Lives(kept, now))
        {
            Put(secret, Pair(kept), Text(kept, Trusted) ?? Pair(kept).Certificate);
            return new CertificateAuthority(Pair(kept));
        }

        var made = CertificateAuthority.Create(now);
        string before = kept is not null && End(kept) > now ? Pair(kept).Certificate : "";
        Put(secret, made.Own, made.Own.Certificate + before);
        return made;
    }

    private static bool Lives(JsonObject secret, DateTimeOffset now) => End(secret) > now + Reserve;

    private static CertificatePair Pair(JsonObject secret) => new(Text(secret, Certificate)!, Text(secret, Key)!);

    private static string? Text(JsonObject secret, string name)
    {
        string? encoded = (string?)secret["data"]?[name];
        return encoded is null ? null : Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
    }

    private static void Put(JsonObject secret, CertificatePair pair, string trusted) => secret["data"] = new JsonObject
    {
        [Certificate] = Encode(pair.Certificate),
        [Key] = Encode(pair.Key),
        [Trusted] = Encode(trusted),
    };

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
