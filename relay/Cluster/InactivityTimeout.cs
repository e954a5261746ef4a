namespace Depmap.Relay.Cluster;

/// <summary>A token that is cancelled when nothing was heard for too long, or when all is to stop.</summary>
internal sealed class InactivityTimeout : IDisposable
{
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _late;
    private readonly CancellationTokenSource _either;

    public InactivityTimeout(TimeSpan patience, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _patience = patience;
        _late = new CancellationTokenSource(patience, timeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>Something was heard.</summary>
    public void Renew() => _late.CancelAfter(_patience);

    public void Dispose()
    {
        _either.Dispose();
        _late.Dispose();
    }
}
