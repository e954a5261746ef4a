using System.Net;
using Depmap.Common.Tls;
using Depmap.Tests;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Running;

/// <summary>Who may report to a relay that was given certificates.</summary>
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
    public async Task An_agent_with_a_certificate_of_the_authority_reports()
    {
        await using WebApplication relay = await Start(_authority.Folder(TestAuthority.Use.Server));

        Assert.Equal(1ul, await Report(relay, _authority.Folder(TestAuthority.Use.Client)));
    }

    [Fact]
    public async Task Who_shows_no_such_certificate_is_let_out_before_a_call()
    {
        await using WebApplication relay = await Start(_authority.Folder(TestAuthority.Use.Server));
        // Trusts our relay, but shows what another authority issued.
        string impostor = _foreign.Folder(TestAuthority.Use.Client);
        string trusting = _authority.Folder(TestAuthority.Use.Client);
        File.Copy(Path.Combine(trusting, "ca.crt"), Path.Combine(impostor, "ca.crt"), overwrite: true);

        foreach (string wrong in (string[])
            [impostor, _authority.Folder(TestAuthority.Use.Server), _authority.Folder(TestAuthority.Use.Client, endsInDays: -1)])
        {
            await Refused(() => Report(relay, wrong));
        }

        using GrpcChannel bare = Channel(relay, clear: false, new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = new TlsFolder(trusting).ForClient().CertificateChainPolicy },
        });
        await Refused(() => Report(bare));
        using GrpcChannel clear = Channel(relay, clear: true, new SocketsHttpHandler());
        await Refused(() => Report(clear));

        // And it was none of these things that stood in the way of the others.
        Assert.Equal(1ul, await Report(relay, trusting));
    }

    [Fact]
    public async Task An_agent_reports_only_to_the_relay_that_it_meant()
    {
        await using WebApplication named = await Start(_authority.Folder(TestAuthority.Use.Server, "other.example"));
        await using WebApplication foreign = await Start(_foreign.Folder(TestAuthority.Use.Server));
        await using WebApplication agent = await Start(_authority.Folder(TestAuthority.Use.Client));
        await using WebApplication ended = await Start(_authority.Folder(TestAuthority.Use.Server, endsInDays: -1));

        foreach (WebApplication wrong in (WebApplication[])[named, foreign, agent, ended])
            await Refused(() => Report(wrong, _authority.Folder(TestAuthority.Use.Client)));
    }

    [Fact]
    public async Task A_new_certificate_is_taken_without_a_restart()
    {
        string folder = _authority.Folder(TestAuthority.Use.Server, "before.example");
        await using WebApplication relay = await Start(folder);
        string client = _authority.Folder(TestAuthority.Use.Client);
        await Refused(() => Report(relay, client));

        File.WriteAllText(Path.Combine(folder, "tls.key"), "half written");
        await Refused(() => Report(relay, client)); // the pair before still serves
        _authority.Issue(folder, TestAuthority.Use.Server, "localhost");

        Assert.Equal(1ul, await Report(relay, client));
    }

    [Theory]
    [InlineData("tls.crt")]
    [InlineData("tls.key")]
    [InlineData("ca.crt")]
    public void Start_fails_by_the_name_of_the_file_that_is_missing_or_broken(string file)
    {
        string folder = _authority.Folder(TestAuthority.Use.Server);
        string path = Path.Combine(folder, file);

        File.WriteAllText(path, "nothing");
        Assert.Contains(path, Assert.Throws<UserException>(() => RelayHost.Build(Options(folder))).Message);
        File.Delete(path);
        Assert.StartsWith($"{path} does not exist: ", Assert.Throws<UserException>(() => RelayHost.Build(Options(folder))).Message);
    }

    // With TLS 1.3 the client may be writing already when the server says no (RFC 8446 4.4.2.4): then the write fails.
    private static async Task Refused(Func<Task<ulong>> report)
    {
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(report);
        Assert.True(refused is IOException or RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Internal }, refused.ToString());
    }

    private static RelayOptions Options(string folder) => new()
    {
        Intake = new IPEndPoint(IPAddress.Loopback, 0),
        Queries = new IPEndPoint(IPAddress.Loopback, 0),
        TlsFolder = folder,
        Flows = 16,
        MaxEdges = 100,
        LogLevel = LogLevel.Error,
    };

    private static async Task<WebApplication> Start(string folder)
    {
        WebApplication relay = RelayHost.Build(Options(folder));
        await RelayHost.Start(relay, Options(folder));
        return relay;
    }

    private static async Task<ulong> Report(WebApplication relay, string folder)
    {
        using GrpcChannel channel = Channel(relay, clear: false, new SocketsHttpHandler { SslOptions = new TlsFolder(folder).ForClient() });
        return await Report(channel);
    }

    private static async Task<ulong> Report(GrpcChannel channel)
    {
        using var call = new V1.Intake.IntakeClient(channel).Report(deadline: DateTime.UtcNow.AddSeconds(20));
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = new Hello { Node = "node-a", Epoch = 1 } });
        await call.RequestStream.WriteAsync(new AgentMessage { Batch = new Batch { Sequence = 1 } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call.ResponseStream.Current.Sequence;
    }

    private static GrpcChannel Channel(WebApplication relay, bool clear, SocketsHttpHandler handler)
    {
        string port = RelayHost.BoundAddresses(relay).First().Split(':')[^1];
        return GrpcChannel.ForAddress(
            $"{(clear ? "http" : "https")}://localhost:{port}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }
}
