using System.Collections.Concurrent;
using Depmap.Common.Tls;
using Depmap.Relay.Certificates;
using Depmap.Relay.Cluster;
using Depmap.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Relay.Tests.Certificates;

/// <summary>The Secrets in a cluster and the relay that keeps them.</summary>
public sealed class CertificateKeeperTests : IAsyncLifetime, ILogger<CertificateKeeper>
{
    private readonly ConcurrentQueue<string> _log = [];
    private readonly MovableClock _clock = new(600); // a minute in 0.1 s
    private readonly List<(ApiServer Api, CertificateKeeper Keeper)> _started = [];
    private FakeSecrets _secrets = null!;

    public async Task InitializeAsync() => _secrets = await FakeSecrets.StartAsync();

    public async Task DisposeAsync()
    {
        foreach ((ApiServer api, CertificateKeeper keeper) in _started)
        {
            await keeper.StopAsync(CancellationToken.None);
            keeper.Dispose();
            api.Dispose();
        }

        await _secrets.DisposeAsync();
    }

    [Fact]
    public async Task The_Secrets_of_a_new_installation_are_filled()
    {
        CertificateKeeper keeper = await StartAsync();
        TlsIdentity relay = await keeper.GetAsync(default);
        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > 0);

        Assert.Equal([$"PATCH {FakeSecrets.Authority.Path}", $"PATCH {FakeSecrets.Agents.Path}"], _secrets.Changes);
        TlsIdentity agent = Peers.Identity(_secrets.AgentFiles);
        Assert.Equal(relay.Authorities.Single(), agent.Authorities.Single());
        Assert.Null(keeper.MissingReason);
        CertificateStatus status = keeper.Status();
        Assert.Equal(
            new CertificateStatus
            {
                RelayEndUnixS = relay.End.ToUnixTimeSeconds(),
                AgentsEndUnixS = agent.End.ToUnixTimeSeconds(),
                AuthorityEndUnixS = relay.AuthorityEnd.ToUnixTimeSeconds(),
                RenewedByRelay = true,
            },
            status);
        string soon = $"{_clock.GetUtcNow().AddDays(90):yyyy-MM-dd}", late = $"{_clock.GetUtcNow().AddDays(1095):yyyy-MM-dd}";
        Assert.Equal(
            [
                $"Information: a new certificate authority signs from now on; it is valid until {late}",
                $"Information: the relay has a new certificate, valid until {soon}",
                $"Information: the agents have a new certificate, valid until {soon}",
            ],
            _log);
    }

    [Fact]
    public async Task The_next_relay_changes_nothing()
    {
        CertificateKeeper first = await StartAsync();
        await Wait.UntilAsync(() => first.Status().AgentsEndUnixS > 0);
        _secrets.Changes.Clear();
        CertificateKeeper second = await StartAsync();
        await Wait.UntilAsync(() => second.Status().AgentsEndUnixS > 0);
        Assert.Empty(_secrets.Changes);
    }

    [Fact]
    public async Task Of_two_relays_that_start_together_one_makes_the_authority()
    {
        int conflicts = 0;
        AuthorityFiles other = CertificatePlan.Make(
            AuthorityFiles.None, null, IssuedFiles.None, Peers.RelayName, _clock.GetUtcNow()).Authorities.ToFiles();
        _secrets.Refuse = request =>
        {
            if (request == $"PATCH {FakeSecrets.Authority.Path}" && ++conflicts == 1)
                _secrets.Set(FakeSecrets.Authority, other.ToFiles());
            return null;
        };
        CertificateKeeper keeper = await StartAsync();
        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > 0);
        Assert.Equal((1, other), (conflicts, _secrets.Authorities));
        Assert.Equal([$"PATCH {FakeSecrets.Agents.Path}"], _secrets.Changes);
        Assert.Equal("", keeper.Status().Problem);
        Assert.DoesNotContain(_log, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Certificates_are_renewed_when_it_is_time()
    {
        CertificateKeeper keeper = await StartAsync();
        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > 0);
        CertificateStatus before = keeper.Status();
        IssuedFiles agents = _secrets.AgentFiles;

        _clock.Move(TimeSpan.FromDays(61));

        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > before.AgentsEndUnixS + (60 * 86_400));
        Assert.True(keeper.Status().RelayEndUnixS > before.RelayEndUnixS + (60 * 86_400));
        Assert.Equal(before.AuthorityEndUnixS, keeper.Status().AuthorityEndUnixS);
        Assert.NotEqual(agents.Own, _secrets.AgentFiles.Own);
        Assert.Equal(agents.Trusted, _secrets.AgentFiles.Trusted);
    }

    [Fact]
    public async Task The_next_authority_is_announced_a_day_before_it_signs()
    {
        CertificateKeeper keeper = await StartAsync();
        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > 0);
        AuthorityFiles before = _secrets.Authorities;

        _clock.Move(TimeSpan.FromDays(731));
        await Wait.UntilAsync(() => _secrets.AgentFiles.Trusted.Length > before.Trusted.Length);
        AuthorityFiles announced = _secrets.Authorities;
        Assert.Equal((before.Current, _secrets.AgentFiles.Trusted), (announced.Current, announced.Trusted));
        Assert.Equal(2, (await keeper.GetAsync(default)).Authorities.Count);

        _clock.Move(TimeSpan.FromDays(1.1));
        await Wait.UntilAsync(() => _secrets.Authorities.Current != before.Current);
        Assert.Equal((announced.Next, CertificatePair.None), (_secrets.Authorities.Current, _secrets.Authorities.Next));
        Assert.Contains(_log, line => line.StartsWith(
            "Information: the next certificate authority is trusted from now on and will sign in a day; it is valid until ",
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("depmap-certificate-authority")]
    [InlineData("depmap-agent-certificate")]
    public async Task An_emptied_Secret_is_filled_again(string name)
    {
        CertificateKeeper keeper = await StartAsync();
        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > 0);
        AuthorityFiles before = _secrets.Authorities;

        _secrets.Set(name == FakeSecrets.Agents.Name ? FakeSecrets.Agents : FakeSecrets.Authority, []);

        await Wait.UntilAsync(() => _secrets.Authorities.Current.Key.Length > 0 && _secrets.AgentFiles.Own.Key.Length > 0
            && Peers.Accept(_secrets.AgentFiles, _secrets.AgentFiles with { Own = RelayPair(keeper) }, _clock.GetUtcNow()));
        Assert.Equal(name == FakeSecrets.Agents.Name, before == _secrets.Authorities);
    }

    [Theory]
    [InlineData("depmap-certificate-authority", 404, "secret depmap-certificate-authority in namespace depmap does not exist", true)]
    [InlineData("depmap-agent-certificate", 404, "secret depmap-agent-certificate in namespace depmap-agents does not exist", true)]
    [InlineData(
        "depmap-agent-certificate",
        403,
        "the relay is not allowed to get secret depmap-agent-certificate in namespace depmap-agents",
        true)]
    [InlineData(
        "depmap-certificate-authority",
        500,
        "the API server returned 500 for secret depmap-certificate-authority in namespace depmap",
        false)]
    public async Task What_prevents_a_renewal_is_reported_until_it_is_repaired(string name, int status, string reason, bool objectMissing)
    {
        _secrets.Refuse = request => request.EndsWith(name, StringComparison.Ordinal) ? status : null;
        CertificateKeeper keeper = await StartAsync();
        await Wait.UntilAsync(() => keeper.Status().Problem.Length > 0);
        Assert.Equal((reason, objectMissing), (keeper.Status().Problem, keeper.Status().ObjectMissing));
        // Running agents have files: without the agents' Secret, the relay can serve them.
        Assert.Equal(name == FakeSecrets.Agents.Name ? null : reason, keeper.MissingReason);

        _secrets.Refuse = _ => null;
        await Wait.UntilAsync(() => keeper.Status().AgentsEndUnixS > 0 && keeper.Status().Problem.Length == 0);
        Assert.Null(keeper.MissingReason);
        Assert.Equal($"Warning: cannot make or renew certificates: {reason}; retrying", Assert.Single(_log, line => line[0] == 'W'));
        Assert.Contains("Information: certificates can be renewed again", _log);
    }

    [Fact]
    public async Task A_write_that_is_not_allowed_is_reported()
    {
        _secrets.Refuse = request => request == $"PATCH {FakeSecrets.Agents.Path}" ? 403 : null;
        CertificateKeeper keeper = await StartAsync();
        await Wait.UntilAsync(() => keeper.Status().Problem.Length > 0);
        Assert.Equal(
            "the relay is not allowed to patch secret depmap-agent-certificate in namespace depmap-agents", keeper.Status().Problem);
    }

    [Fact]
    public async Task While_the_API_server_is_away_the_certificates_stay_in_use()
    {
        CertificateKeeper keeper = await StartAsync();
        TlsIdentity before = await keeper.GetAsync(default);
        await _secrets.Server.StopAsync();
        await Wait.UntilAsync(() => keeper.Status().Problem == "the API server refuses connections");
        Assert.Same(before, await keeper.GetAsync(default));
        Assert.Null(keeper.MissingReason);

        await _secrets.Server.RestartAsync();
        await Wait.UntilAsync(() => keeper.Status().Problem == "");
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue($"{logLevel}: {formatter(state, exception)}");

    private async Task<CertificateKeeper> StartAsync()
    {
        var api = new ApiServer(_secrets.Server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        var keeper = new CertificateKeeper("depmap", api, _clock, this);
        _started.Add((api, keeper));
        await keeper.StartAsync(CancellationToken.None);
        return keeper;
    }

    private static CertificatePair RelayPair(CertificateKeeper keeper)
    {
        TlsIdentity relay = keeper.GetAsync(default).AsTask().GetAwaiter().GetResult();
        return new CertificatePair(relay.Own.ExportCertificatePem(), TestCertificates.Key(relay.Own));
    }
}
