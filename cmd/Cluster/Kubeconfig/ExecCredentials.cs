using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The identity that an exec plugin returned, until it expires or is rejected.</summary>
internal sealed class ExecCredentials(ExecPlugin plugin, TimeProvider timeProvider) : RenewableCredentials, IDisposable
{
    private readonly SemaphoreSlim _running = new(1);
    private Identity? _identity;
    private DateTimeOffset? _expiration;

    public override async ValueTask<Identity> GetAsync(CancellationToken cancellationToken)
    {
        // The plugin may prompt the user: concurrent requests wait for one run of it.
        await _running.WaitAsync(cancellationToken);
        try
        {
            if (_identity is null || _expiration <= timeProvider.GetUtcNow())
                (_identity, _expiration) = await plugin.RunAsync(cancellationToken);
            return _identity;
        }
        finally
        {
            _running.Release();
        }
    }

    // Nothing if another request has renewed it in the meantime.
    public override void Invalidate(Identity rejected) => Interlocked.CompareExchange(ref _identity, null, rejected);

    public void Dispose() => _running.Dispose();
}
