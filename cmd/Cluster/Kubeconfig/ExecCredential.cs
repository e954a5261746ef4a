using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>What an exec plugin said, until it ends or is refused.</summary>
internal sealed class ExecCredential(ExecPlugin plugin, TimeProvider clock) : ICredential, IDisposable
{
    private readonly SemaphoreSlim one = new(1);
    private Identity? identity;
    private DateTimeOffset? end;

    public async ValueTask<Identity> GetAsync(CancellationToken cancellation)
    {
        // One asks the user, the others wait for its answer.
        await one.WaitAsync(cancellation);
        try
        {
            if (identity is null || end <= clock.GetUtcNow())
                (identity, end) = await plugin.RunAsync(cancellation);
            return identity;
        }
        finally
        {
            one.Release();
        }
    }

    public bool Refuse(Identity refused)
    {
        // Not if another request has renewed it meanwhile.
        Interlocked.CompareExchange(ref identity, null, refused);
        return true;
    }

    public void Dispose() => one.Dispose();
}
