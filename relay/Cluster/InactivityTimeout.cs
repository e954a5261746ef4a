namespace Depmap.Relay.Cluster;

/// <summary>A token that is cancelled after a period without activity, or by another token.</summary>
internal sealed class InactivityTimeout : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _expired;
    private readonly CancellationTokenSource _linked;

    public InactivityTimeout(TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _timeout = timeout;
        _expired = new CancellationTokenSource(timeout, timeProvider);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_expired.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>Call on each activity.</summary>
    public void Restart() => _expired.CancelAfter(_timeout);

    public void Dispose()
    {
        _linked.Dispose();
        _expired.Dispose();
    }
}
