using System.Net;
using Depmap.Common.Tls;
using Depmap.Relay.Options;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Running;

/// <summary>Mutual TLS between agents and relay.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _foreign = new();

    public void Dispose()
    {
        _authority.Dispose();
        _foreign.Dispose();
    }

    [Fact]
    public async Task An_agent_with_a_certificate_of_the_CA_can_report()
    {
        await using WebApplication relay = await Start(_authority.Folder(TestAuthority.Use.Server));

        Assert.Equal(1ul, await Report(relay, _authority.Folder(TestAuthority.Use.Client)));
    }

    [Fact]
    public async Task A_client_without_a_valid_certificate_is_rejected()
    {
        await using WebApplication relay = await Start(_authority.Folder(TestAuthority.Use.Server));
        // Trusts the relay, but has a certificate of another CA.
        string impostor = _foreign.Folder(TestAuthority.Use.Client);
        string trusting = _authority.Folder(TestAuthority.Use.Client);
        File.Copy(Path.Combine(trusting, "ca.crt"), Path.Combine(impostor, "ca.crt"), overwrite: true);

        foreach (string folder in (string[])
            [impostor, _authority.Folder(TestAuthority.Use.Server), _authority.Folder(TestAuthority.Use.Client, endsInDays: -1)])
        {
            await Refused(() => Report(relay, folder));
        }

        using GrpcChannel bare = ReportingAgent.Channel(relay, clear: false, new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = new TlsFolder(trusting).Current().ForClient().CertificateChainPolicy },
        });
        await Refused(() => ReportingAgent.ReportAsync(bare));
        using GrpcChannel clear = ReportingAgent.Channel(relay, clear: true, new SocketsHttpHandler());
        await Refused(() => ReportingAgent.ReportAsync(clear));

        // A valid client is still accepted.
        Assert.Equal(1ul, await Report(relay, trusting));
    }

    [Fact]
    public async Task An_agent_reports_only_to_a_relay_with_a_valid_certificate()
    {
        await using WebApplication named = await Start(_authority.Folder(TestAuthority.Use.Server, "other.example"));
        await using WebApplication foreign = await Start(_foreign.Folder(TestAuthority.Use.Server));
        await using WebApplication agent = await Start(_authority.Folder(TestAuthority.Use.Client));
        await using WebApplication ended = await Start(_authority.Folder(TestAuthority.Use.Server, endsInDays: -1));

        foreach (WebApplication relay in (WebApplication[])[named, foreign, agent, ended])
            await Refused(() => Report(relay, _authority.Folder(TestAuthority.Use.Client)));
    }

    [Fact]
    public async Task A_new_certificate_is_used_without_a_restart()
    {
        string folder = _authority.Folder(TestAuthority.Use.Server, "before.example");
        await using WebApplication relay = await Start(folder);
        string client = _authority.Folder(TestAuthority.Use.Client);
        await Refused(() => Report(relay, client));

        File.WriteAllText(Path.Combine(folder, "tls.key"), "half written");
        await Refused(() => Report(relay, client)); // the previous certificate is still used
        _authority.Issue(folder, TestAuthority.Use.Server, "localhost");

        Assert.Equal(1ul, await Report(relay, client));
    }

    [Theory]
    [InlineData("tls.crt")]
    [InlineData("tls.key")]
    [InlineData("ca.crt")]
    public void The_start_fails_with_the_name_of_a_missing_or_invalid_file(string file)
    {
        string folder = _authority.Folder(TestAuthority.Use.Server);
        string path = Path.Combine(folder, file);

        File.WriteAllText(path, "nothing");
        Assert.Contains(path, Assert.Throws<UserException>(() => RelayHost.Build(Options(folder))).Message);
        File.Delete(path);
        Assert.StartsWith($"{path} does not exist: ", Assert.Throws<UserException>(() => RelayHost.Build(Options(folder))).Message);
    }

    // With TLS 1.3 the client may already write when the server rejects its certificate (RFC 8446 4.4.2.4): the write fails.
    private static async Task Refused(Func<Task<ulong>> report)
    {
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(report);
        Assert.True(
            refused is IOException or RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Internal }, refused.ToString());
    }

    private static RelayOptions Options(string folder) => new()
    {
        Intake = new IPEndPoint(IPAddress.Loopback, 0),
        Queries = new IPEndPoint(IPAddress.Loopback, 0),
        TlsFolder = folder,
        Flows = 16,
        MaxFlows = 1000,
        MaxEdges = 100,
        LogLevel = LogLevel.Error,
    };

    private static async Task<WebApplication> Start(string folder)
    {
        WebApplication relay = RelayHost.Build(Options(folder));
        await RelayHost.Start(relay, Options(folder));
        return relay;
    }

    private static Task<ulong> Report(WebApplication relay, string folder) =>
        ReportingAgent.ReportAsync(relay, new TlsFolder(folder).Current().ForClient());
}
