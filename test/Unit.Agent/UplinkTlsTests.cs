using Depmap.Common.Tls;

namespace Depmap.Agent.Tests;

/// <summary>The uplink where it was given certificates.</summary>
public sealed class UplinkTlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Batches_arrive_where_both_sides_show_a_certificate_of_the_authority()
    {
        await using UplinkFakeRelay relay = await UplinkFakeRelay.StartAsync(tls: Folder(TestAuthority.Use.Server));
        await using var agent = new UplinkUnderTest(Localhost(relay), tls: Folder(TestAuthority.Use.Client));

        await agent.WriteAsync(3);

        Received[] heard = await relay.HearAsync(4);
        Assert.Equal("node-a", heard[0].Message.Hello.Node);
        Assert.Equal([1ul, 2ul, 3ul], heard[1..].Select(r => r.Message.Batch.Sequence));
    }

    [Fact]
    public async Task A_relay_of_another_name_hears_nothing_and_the_log_says_that_TLS_failed()
    {
        await using UplinkFakeRelay relay = await UplinkFakeRelay.StartAsync(tls: Folder(TestAuthority.Use.Server, "other.example"));
        await using var agent = new UplinkUnderTest(Localhost(relay), tls: Folder(TestAuthority.Use.Client));

        await agent.WriteAsync(1);
        await Wait.UntilAsync(() => agent.Logged.Any());

        Assert.Contains("is away: TLS failed: ", Assert.Single(agent.Logged), StringComparison.Ordinal);
        Assert.Contains("RemoteCertificateNameMismatch", Assert.Single(agent.Logged), StringComparison.Ordinal);
        Assert.True(await relay.HearsNothingAsync());
    }

    private TlsFolder Folder(TestAuthority.Use use, string name = "localhost") => new(_authority.Folder(use, name));

    // As an agent is told it: http, made https by the certificates; and by name, since the certificate has no address.
    private static Uri Localhost(UplinkFakeRelay relay) => new($"http://localhost:{relay.Address.Port}");
}
