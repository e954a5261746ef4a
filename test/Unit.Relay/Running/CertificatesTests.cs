using System.Net;
using Depmap.Relay.Certificates;
using Depmap.Relay.Options;
using Depmap.Relay.Tests.Certificates;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Running;

/// <summary>A relay that makes the certificates, and agents that connect with the files of their Secret.</summary>
public sealed class CertificatesTests : IAsyncLifetime
{
    private FakeSecrets _secrets = null!;

    public async Task InitializeAsync() => _secrets = await FakeSecrets.StartAsync();

    public async Task DisposeAsync() => await _secrets.DisposeAsync();

    [Fact]
    public async Task Agents_can_connect_once_the_relay_is_ready()
    {
        await using WebApplication relay = await StartAsync();
        await Wait.UntilAsync(async () => await ReadinessAsync(relay) == "ok\n" && _secrets.AgentFiles != IssuedFiles.None);
        Assert.Equal(1ul, await ReportAsync(relay, _secrets.AgentFiles));

        using var queries = GrpcChannel.ForAddress("http://" + RelayHost.BoundAddresses(relay).ElementAt(1));
        StatusResponse status = await new V1.Queries.QueriesClient(queries).GetStatusAsync(new StatusRequest());
        Assert.True(status.Certificates.RenewedByRelay);
        Assert.Equal(Peers.Identity(_secrets.AgentFiles).End.ToUnixTimeSeconds(), status.Certificates.AgentsEndUnixS);
    }

    [Fact]
    public async Task A_relay_without_its_Secret_is_not_ready_and_says_why()
    {
        _secrets.Remove(FakeSecrets.Authority);
        await using WebApplication relay = await StartAsync();
        await Wait.UntilAsync(async () => await ReadinessAsync(relay)
            == "no certificates: secret depmap-certificate-authority in namespace depmap does not exist\n");
    }

    [Fact]
    public async Task Agents_with_older_files_can_connect_while_the_authority_is_replaced()
    {
        // An authority whose replacement is due, and an agent that has not read the Secret since.
        DateTimeOffset now = DateTimeOffset.UtcNow;
        CertificatePlan old = CertificatePlan.Make(
            AuthorityFiles.None, IssuedFiles.None, IssuedFiles.None, Peers.RelayName, now.AddDays(-735));
        IssuedFiles before = IssuedFiles.None.Renew(old.Authorities, "depmap-agent", CertificateUse.Client, now.AddDays(-3));
        _secrets.Set(FakeSecrets.Authority, old.Authorities.ToFiles().ToFiles());
        _secrets.Set(FakeSecrets.Agents, before.ToFiles());

        await using (WebApplication relay = await StartAsync())
        {
            await Wait.UntilAsync(() => _secrets.AgentFiles != before);
            Assert.Equal(1ul, await ReportAsync(relay, before));
            Assert.Equal(1ul, await ReportAsync(relay, _secrets.AgentFiles));
        }

        // As if that had been more than a day ago.
        Authorities announced = Authorities.Plan(_secrets.Authorities, _secrets.AgentFiles, now, Authorities.Overlap);
        IssuedFiles during = IssuedFiles.None.Renew(announced, "depmap-agent", CertificateUse.Client, now.AddHours(-25));
        _secrets.Set(FakeSecrets.Agents, during.ToFiles());
        await using (WebApplication relay = await StartAsync())
        {
            await Wait.UntilAsync(() => _secrets.AgentFiles != during);
            Assert.Equal(announced.Next!.Own, _secrets.Authorities.Current);
            Assert.Equal(1ul, await ReportAsync(relay, during));
            Assert.Equal(1ul, await ReportAsync(relay, _secrets.AgentFiles));
            // Only one that has not read the Secret for a day does not know the new authority.
            RpcException refused = await Assert.ThrowsAsync<RpcException>(() => ReportAsync(relay, before));
            Assert.Contains("PartialChain", refused.Status.Detail, StringComparison.Ordinal);
        }
    }

    private async Task<WebApplication> StartAsync()
    {
        var options = new RelayOptions
        {
            Intake = new IPEndPoint(IPAddress.Loopback, 0),
            Queries = new IPEndPoint(IPAddress.Loopback, 0),
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Kubernetes = _secrets.Server.Folder,
            Certificates = "depmap",
            Flows = 16,
            MaxFlows = 1000,
            MaxEdges = 100,
            LogLevel = LogLevel.Error,
        };
        WebApplication relay = RelayHost.Build(options, _secrets.Server.Environment);
        await RelayHost.Start(relay, options);
        return relay;
    }

    private static async Task<string> ReadinessAsync(WebApplication relay)
    {
        using var http = new HttpClient();
        using HttpResponseMessage response = await http.GetAsync($"http://{RelayHost.BoundAddresses(relay).ElementAt(2)}/readyz");
        return await response.Content.ReadAsStringAsync();
    }

    private static Task<ulong> ReportAsync(WebApplication relay, IssuedFiles files) =>
        ReportingAgent.ReportAsync(relay, Peers.Identity(files).ForClient(), Peers.RelayName);
}
