using Depmap.Common.Tls;

namespace Depmap.Agent.Tests.Uplink;

/// <summary>The uplink with certificates.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Batches_are_delivered_if_both_sides_have_a_certificate_of_the_CA()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync(tls: Folder(TestAuthority.Use.Server));
        await using var agent = new RunningUplink(Localhost(relay), tls: Folder(TestAuthority.Use.Client));

        await agent.WriteAsync(3);

        ReceivedMessage[] received = await relay.ReceiveAsync(4);
        Assert.Equal("node-a", received[0].Message.Hello.Node);
        Assert.Equal([1ul, 2ul, 3ul], received[1..].Select(r => r.Message.Batch.Sequence));
    }

    [Fact]
    public async Task A_relay_with_another_name_receives_nothing_and_the_log_says_that_TLS_failed()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync(tls: Folder(TestAuthority.Use.Server, "other.example"));
        await using var agent = new RunningUplink(Localhost(relay), tls: Folder(TestAuthority.Use.Client));

        await agent.WriteAsync(1);
        await Wait.UntilAsync(() => agent.Logged.Any());

        Assert.Contains(": TLS failed: ", Assert.Single(agent.Logged), StringComparison.Ordinal);
        Assert.Contains("RemoteCertificateNameMismatch", Assert.Single(agent.Logged), StringComparison.Ordinal);
        Assert.True(await relay.ReceivesNothingAsync());
    }

    private TlsFolder Folder(TestAuthority.Use use, string name = "localhost") => new(_authority.Folder(use, name));

    // As in the agent's options: http, turned into https by the certificates; by name, since the certificate has no address.
    private static Uri Localhost(FakeRelay relay) => new($"http://localhost:{relay.Address.Port}");
}
