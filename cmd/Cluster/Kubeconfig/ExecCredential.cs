using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>What an exec plugin said, until it ends or is refused.</summary>
internal sealed class ExecCredential(ExecPlugin plugin, TimeProvider timeProvider) : ICredential, IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private Identity? _identity;
    private DateTimeOffset? _end;

    public async ValueTask<Identity> GetAsync(CancellationToken cancellationToken)
    {
        // One asks the user, the others wait for its answer.
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_identity is null || _end <= timeProvider.GetUtcNow())
                (_identity, _end) = await plugin.RunAsync(cancellationToken);
            return _identity;
        }
        finally
        {
            _one.Release();
        }
    }

    public bool Refuse(Identity refused)
    {
        // Not if another request has renewed it meanwhile.
        Interlocked.CompareExchange(ref _identity, null, refused);
        return true;
    }

    public void Dispose() => _one.Dispose();
}
