using System.Security.Cryptography.X509Certificates;
using Depmap.Relay.Certificates;

namespace Depmap.Relay.Tests.Certificates;

/// <summary>What the Secrets are to hold, given what they hold and the time.</summary>
public sealed class CertificatePlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 10, 15, 0, TimeSpan.Zero);

    [Fact]
    public void Empty_Secrets_get_an_authority_and_certificates_of_it()
    {
        CertificatePlan plan = Make(Start);

        Assert.True(Peers.Accept(plan.Agents!, plan.Relay, Start));
        using X509Certificate2 relay = plan.Relay.Own.TryLoad()!;
        using X509Certificate2 agent = plan.Agents!.Own.TryLoad()!;
        Assert.Equal("1.2.840.10045.3.1.7", relay.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.Value);
        Assert.Equal(("CN=depmap-relay.depmap.svc", "CN=depmap-agent"), (relay.Subject, agent.Subject));
        Assert.Equal((Start.AddHours(-1), Start.AddDays(90)), (Lifetime.StartOf(relay), Lifetime.EndOf(relay)));
        Assert.Equal(Start.AddDays(3 * 365), plan.Authorities.Current.End);
        Assert.Null(plan.Authorities.Next);
        Assert.Equal(plan.Authorities.Current.Own.Certificate, plan.Agents.Trusted);
    }

    [Fact]
    public void A_certificate_is_for_one_side_only()
    {
        CertificatePlan plan = Make(Start);
        Assert.False(Peers.Accept(plan.Agents!, plan.Agents!, Start));
        Assert.False(Peers.Accept(plan.Relay, plan.Relay, Start));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(59.9, true)]
    [InlineData(60.1, false)]
    [InlineData(100, false)]
    public void Certificates_are_renewed_after_two_thirds_of_their_time(double days, bool stay)
    {
        CertificatePlan before = Make(Start), after = Make(Start.AddDays(days), before);
        Assert.Equal(stay, before.Agents == after.Agents);
        Assert.Equal(stay, before.Relay == after.Relay);
        Assert.Equal(before.Authorities.ToFiles(), after.Authorities.ToFiles());
    }

    [Theory]
    [InlineData(729, false)]
    [InlineData(731, true)]
    public void An_authority_gets_a_successor_after_two_thirds_of_its_time(int days, bool hasNext)
    {
        CertificatePlan before = Make(Start), after = Make(Start.AddDays(days), before);
        Assert.Equal(before.Authorities.Current.Own, after.Authorities.Current.Own);
        Assert.Equal(hasNext, after.Authorities.Next is not null);
        Assert.Equal(hasNext ? 2 : 1, Count(after.Agents!.Trusted));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(23, false)]
    [InlineData(25, true)]
    public void The_successor_signs_once_the_agents_have_trusted_it_for_a_day(int hours, bool signs)
    {
        DateTimeOffset announced = Start.AddDays(731);
        CertificatePlan before = Make(announced, Make(Start)), after = Make(announced.AddHours(hours), before);
        Assert.Equal(signs ? before.Authorities.Next!.Own : before.Authorities.Current.Own, after.Authorities.Current.Own);
        Assert.Equal(signs, after.Authorities.Next is null);
        using X509Certificate2 agent = after.Agents!.Own.TryLoad()!;
        Assert.True(after.Authorities.Current.HasIssued(agent));
        Assert.Equal(2, Count(after.Agents.Trusted)); // the previous one, until it ends
    }

    [Fact]
    public void The_successor_does_not_sign_while_the_agents_Secret_cannot_be_written()
    {
        CertificatePlan first = Make(Start), announced = Make(Start.AddDays(731), first);
        foreach (IssuedFiles? agents in (IssuedFiles?[])[first.Agents, null])
        {
            CertificatePlan later = CertificatePlan.Make(
                announced.Authorities.ToFiles(), agents, announced.Relay, Peers.RelayName, Start.AddDays(740));
            Assert.Equal(first.Authorities.Current.Own, later.Authorities.Current.Own);
            Assert.Equal(agents is null, later.Agents is null);
        }
    }

    [Fact]
    public void An_authority_that_has_ended_is_no_longer_trusted()
    {
        CertificatePlan announced = Make(Start.AddDays(731), Make(Start)), signs = Make(Start.AddDays(733), announced);
        Assert.Equal(2, Count(Make(Start.AddDays(1094), signs).Agents!.Trusted));
        Assert.Equal(1, Count(Make(Start.AddDays(1096), signs).Agents!.Trusted));
    }

    [Fact]
    public void After_years_without_a_relay_everything_is_new()
    {
        CertificatePlan before = Make(Start), after = Make(Start.AddDays(4000), before);
        Assert.NotEqual(before.Authorities.Current.Own, after.Authorities.Current.Own);
        Assert.Equal(1, Count(after.Agents!.Trusted));
        Assert.True(Peers.Accept(after.Agents, after.Relay, Start.AddDays(4000)));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("nothing", "nothing")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "")]
    public void What_is_no_certificate_is_replaced(string certificate, string key)
    {
        CertificatePlan before = Make(Start);
        var broken = new CertificatePair(certificate, key);
        IssuedFiles agents = before.Agents! with { Own = broken };
        CertificatePlan repaired = CertificatePlan.Make(before.Authorities.ToFiles(), agents, before.Relay, Peers.RelayName, Start);
        Assert.Equal(before.Authorities.Current.Own, repaired.Authorities.Current.Own);
        Assert.True(Peers.Accept(repaired.Agents!, before.Relay, Start));

        AuthorityFiles authorities = before.Authorities.ToFiles() with { Current = broken, Trusted = certificate };
        CertificatePlan renewed = CertificatePlan.Make(authorities, before.Agents, before.Relay, Peers.RelayName, Start);
        Assert.NotEqual(before.Authorities.Current.Own, renewed.Authorities.Current.Own);
        Assert.True(Peers.Accept(renewed.Agents!, renewed.Relay, Start));
    }

    [Fact]
    public void A_certificate_that_cannot_sign_is_no_authority()
    {
        CertificatePlan before = Make(Start);
        AuthorityFiles authorities = before.Authorities.ToFiles() with { Current = before.Relay.Own };
        CertificatePlan after = CertificatePlan.Make(authorities, before.Agents, before.Relay, Peers.RelayName, Start);
        Assert.NotEqual(before.Relay.Own, after.Authorities.Current.Own);
        Assert.True(Peers.Accept(after.Agents!, after.Relay, Start));
    }

    [Fact]
    public void Certificates_of_another_authority_are_replaced()
    {
        CertificatePlan plan = Make(Start), other = Make(Start);
        CertificatePlan mixed = CertificatePlan.Make(
            plan.Authorities.ToFiles(), other.Agents! with { Trusted = plan.Agents!.Trusted }, plan.Relay, Peers.RelayName, Start);
        Assert.True(Peers.Accept(mixed.Agents!, plan.Relay, Start));
    }

    [Theory]
    [InlineData(5, false)] // .NET refuses to sign a certificate that starts before its authority
    [InlineData(100, true)]
    public void Certificates_made_by_a_clock_that_is_ahead_are_replaced_once_that_helps(int hoursAhead, bool authorityIsInTheFuture)
    {
        CertificatePlan before = Make(Start.AddHours(hoursAhead)), after = Make(Start, before);
        Assert.Equal(before.Authorities.ToFiles(), after.Authorities.ToFiles());
        Assert.NotEqual(before.Agents, after.Agents);
        Assert.Equal(!authorityIsInTheFuture, Peers.Accept(after.Agents!, after.Relay, Start));
        Assert.Equal(after.Agents, Make(Start, after).Agents);
    }

    private static CertificatePlan Make(DateTimeOffset now, CertificatePlan? before = null) => CertificatePlan.Make(
        before?.Authorities.ToFiles() ?? AuthorityFiles.None,
        before?.Agents ?? IssuedFiles.None,
        before?.Relay ?? IssuedFiles.None,
        Peers.RelayName,
        now);

    private static int Count(string pem) => pem.Split("BEGIN CERTIFICATE").Length - 1;
}
