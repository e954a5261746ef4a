using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

public sealed class CertificatesTests
{
    private static readonly DateTimeOffset Now = PluginRun.Now;

    [Fact]
    public void Relay_and_agents_get_certificates_of_the_same_authority()
    {
        Secrets made = Make(Now, before: null);
        using X509Certificate2 authority = made.Certificate("depmap-authority");
        using X509Certificate2 relay = made.Certificate("depmap-relay-tls");
        using X509Certificate2 agent = made.Certificate("depmap-agent-tls");

        Assert.True(IsIssued(relay, authority, "1.3.6.1.5.5.7.3.1"));
        Assert.False(IsIssued(relay, authority, "1.3.6.1.5.5.7.3.2"));
        Assert.True(IsIssued(agent, authority, "1.3.6.1.5.5.7.3.2"));
        Assert.True(relay.MatchesHostname("depmap-relay.depmap.svc", allowWildcards: false, allowCommonName: false));
        Assert.Equal("1.2.840.10045.3.1.7", relay.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.Value);
        Assert.Equal(Now.AddDays(730), new DateTimeOffset(relay.NotAfter));
        Assert.Equal(Now.AddDays(3650), new DateTimeOffset(authority.NotAfter));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(699, true)]
    [InlineData(701, false)]
    [InlineData(800, false)]
    public void Certificates_valid_for_more_than_thirty_days_are_kept(int days, bool isKept)
    {
        Secrets before = Make(Now, before: null);
        Secrets after = Make(Now.AddDays(days), before);
        Assert.Equal(before.Text("depmap-authority", "tls.key"), after.Text("depmap-authority", "tls.key"));
        Assert.Equal(before.Text("depmap-authority", "ca.crt"), after.Text("depmap-relay-tls", "ca.crt"));
        foreach (string name in (string[])["depmap-relay-tls", "depmap-agent-tls"])
            Assert.Equal(isKept, before.Text(name, "tls.crt") == after.Text(name, "tls.crt"));
    }

    [Fact]
    public void A_replaced_authority_stays_trusted_beside_the_new_one()
    {
        DateTimeOffset late = Now.AddDays(3630);
        Secrets before = Make(Now, before: null);
        Secrets after = Make(late, before);
        Assert.NotEqual(before.Text("depmap-authority", "tls.key"), after.Text("depmap-authority", "tls.key"));
        Assert.Equal(
            after.Text("depmap-authority", "tls.crt") + before.Text("depmap-authority", "tls.crt"),
            after.Text("depmap-agent-tls", "ca.crt"));
        // A further install changes nothing.
        Assert.Equal(after.Text("depmap-agent-tls", "tls.crt"), Make(late, after).Text("depmap-agent-tls", "tls.crt"));
    }

    [Theory]
    [InlineData("depmap-authority")]
    [InlineData("depmap-relay-tls")]
    public void A_secret_without_a_certificate_is_filled_again(string name)
    {
        Secrets before = Make(Now, before: null);
        before.Of(name)["data"] = new JsonObject { ["tls.crt"] = "", ["tls.key"] = "", ["ca.crt"] = "" };
        Secrets after = Make(Now, before);
        using X509Certificate2 authority = after.Certificate("depmap-authority");
        using X509Certificate2 relay = after.Certificate("depmap-relay-tls");
        Assert.True(IsIssued(relay, authority, "1.3.6.1.5.5.7.3.1"));
    }

    [Fact]
    public void An_authority_created_by_a_clock_that_is_ahead_can_sign()
    {
        Secrets before = Make(Now.AddHours(5), before: null);
        before.Of("depmap-relay-tls")["data"] = new JsonObject { ["tls.crt"] = "", ["tls.key"] = "", ["ca.crt"] = "" };
        Secrets after = Make(Now, before);
        using X509Certificate2 authority = after.Certificate("depmap-authority");
        using X509Certificate2 relay = after.Certificate("depmap-relay-tls");
        Assert.Equal(before.Text("depmap-authority", "tls.crt"), after.Text("depmap-authority", "tls.crt"));
        Assert.Equal(authority.NotBefore, relay.NotBefore);
    }

    private static Secrets Make(DateTimeOffset time, Secrets? before)
    {
        IReadOnlyList<JsonObject> objects = InstallObjects.Build(new InstallValues(), "1.2.3");
        Certificates.Fill(objects, secret => before?.Of(secret.Name), time);
        return new Secrets(objects);
    }

    private static bool IsIssued(X509Certificate2 certificate, X509Certificate2 authority, string use)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Now.UtcDateTime.AddDays(1);
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(use));
        return chain.Build(certificate);
    }

    private sealed class Secrets(IReadOnlyList<JsonObject> objects)
    {
        public JsonObject Of(string name) => objects.Single(resource => resource.Kind == "Secret" && resource.Name == name);

        public string Text(string name, string file) => Encoding.UTF8.GetString(Convert.FromBase64String((string)Of(name)["data"]![file]!));

        public X509Certificate2 Certificate(string name) => X509Certificate2.CreateFromPem(Text(name, "tls.crt"));
    }
}
