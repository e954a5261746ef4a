using Depmap.Common.Tls;
using Depmap.Relay.Cluster;
using Depmap.V1;

namespace Depmap.Relay.Certificates;

/// <summary>
/// Makes the certificates of agents and relay, and renews them, in two Secrets: one for the certificate authorities, one that
/// the agents mount. The relay's own certificate stays in its memory: each start makes a new one.
/// </summary>
/// <param name="ns">The relay's namespace.</param>
internal sealed partial class CertificateKeeper(
    string ns, ApiServer server, TimeProvider timeProvider, ILogger<CertificateKeeper> log) : BackgroundService, ICertificates
{
    /// <summary>How often the Secrets are read: a renewal is due at some time, and someone may have changed or emptied them.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromSeconds(1), MaxRetryDelay = TimeSpan.FromSeconds(30);

    private readonly SecretStore _secrets = new(server);
    private readonly SecretName _authorityName = SecretName.Authority(ns), _agentsName = SecretName.Agents(ns);
    private readonly Backoff _backoff = new(MinRetryDelay, MaxRetryDelay, Random.Shared);
    private readonly TaskCompletionSource _made = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IssuedFiles _relay = IssuedFiles.None;
    private volatile TlsIdentity? _identity;
    private volatile CertificateException? _problem;
    private long _agentsEnd, _authorityEnd;

    public string? MissingReason => _identity is not null ? null : _problem?.Message ?? "they are being made";

    public async ValueTask<TlsIdentity> GetAsync(CancellationToken cancellationToken)
    {
        await _made.Task.WaitAsync(cancellationToken);
        return _identity!;
    }

    public CertificateStatus Status() => new()
    {
        RelayEndUnixS = _identity?.End.ToUnixTimeSeconds() ?? 0,
        AgentsEndUnixS = Interlocked.Read(ref _agentsEnd),
        AuthorityEndUnixS = Interlocked.Read(ref _authorityEnd),
        RenewedByRelay = true,
        Problem = _problem?.Message ?? "",
        ObjectMissing = _problem?.ObjectMissing == true,
    };

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pause = await TryUpdateAsync(cancellationToken) ? Interval : _backoff.Next();
            await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TryUpdateAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await UpdateAsync(cancellationToken))
                return false;
            if (_problem is not null)
                LogRepaired();
            _problem = null;
            _backoff.Reset();
            return true;
        }
        catch (CertificateException e)
        {
            if (_problem?.Message != e.Message)
                LogProblem(e.Message);
            _problem = e;
            return false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <returns>False if someone else, such as another relay, changed a Secret at the same time: it must be read again.</returns>
    private async Task<bool> UpdateAsync(CancellationToken cancellationToken)
    {
        StoredSecret authority = await _secrets.GetAsync(_authorityName, cancellationToken);
        (StoredSecret? agents, CertificateException? unreadable) = await TryGetAgentsAsync(cancellationToken);
        AuthorityFiles storedAuthorities = AuthorityFiles.Read(authority.Files);
        IssuedFiles? storedAgents = agents is null ? null : IssuedFiles.Read(agents.Files);
        string relayName = $"depmap-relay.{ns}.svc";
        CertificatePlan plan = CertificatePlan.Make(storedAuthorities, storedAgents, _relay, relayName, timeProvider.GetUtcNow());

        // In this order: the relay trusts an authority before agents have a certificate of it.
        AuthorityFiles authorities = plan.Authorities.ToFiles();
        if (authorities != storedAuthorities)
        {
            if (!await _secrets.TrySetAsync(_authorityName, authority, authorities.ToFiles(), cancellationToken))
                return false;
            Log(plan.Authorities, storedAuthorities);
        }

        Use(plan);
        if (unreadable is not null)
            throw unreadable;
        if (plan.Agents != storedAgents)
        {
            if (!await _secrets.TrySetAsync(_agentsName, agents!, plan.Agents!.ToFiles(), cancellationToken))
                return false;
            LogAgents(EndOf(plan.Agents));
        }

        Interlocked.Exchange(ref _agentsEnd, EndOf(plan.Agents!).ToUnixTimeSeconds());
        return true;
    }

    private async Task<(StoredSecret? Secret, CertificateException? Failure)> TryGetAgentsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _secrets.GetAsync(_agentsName, cancellationToken), null);
        }
        catch (CertificateException e)
        {
            // Running agents have files, with which they can connect to a relay that has just started.
            return (null, e);
        }
    }

    private void Use(CertificatePlan plan)
    {
        Interlocked.Exchange(ref _authorityEnd, plan.Authorities.Current.End.ToUnixTimeSeconds());
        if (plan.Relay == _relay)
            return;
        _relay = plan.Relay;
        _identity = TlsIdentity.FromPem(_relay.Own.Certificate, _relay.Own.Key, _relay.Trusted);
        LogRelay(_identity.End);
        _made.TrySetResult();
    }

    private void Log(Authorities now, AuthorityFiles before)
    {
        if (now.Current.Own != before.Current)
            LogAuthority(now.Current.End);
        if (now.Next is { } next && next.Own != before.Next)
            LogNextAuthority(next.End);
    }

    private static DateTimeOffset EndOf(IssuedFiles files)
    {
        using var certificate = files.Own.TryLoad();
        return certificate is null ? DateTimeOffset.MinValue : Lifetime.EndOf(certificate);
    }

    [LoggerMessage(LogLevel.Information, "a new certificate authority signs from now on; it is valid until {End:yyyy-MM-dd}")]
    private partial void LogAuthority(DateTimeOffset end);

    [LoggerMessage(
        LogLevel.Information,
        "the next certificate authority is trusted from now on and will sign in a day; it is valid until {End:yyyy-MM-dd}")]
    private partial void LogNextAuthority(DateTimeOffset end);

    [LoggerMessage(LogLevel.Information, "the relay has a new certificate, valid until {End:yyyy-MM-dd}")]
    private partial void LogRelay(DateTimeOffset end);

    [LoggerMessage(LogLevel.Information, "the agents have a new certificate, valid until {End:yyyy-MM-dd}")]
    private partial void LogAgents(DateTimeOffset end);

    [LoggerMessage(LogLevel.Warning, "cannot make or renew certificates: {Reason}; retrying")]
    private partial void LogProblem(string reason);

    [LoggerMessage(LogLevel.Information, "certificates can be renewed again")]
    private partial void LogRepaired();
}
