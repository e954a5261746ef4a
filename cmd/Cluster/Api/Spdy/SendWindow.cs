namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>
/// How many bytes may be sent on the connection and on its one data stream (SPDY/3.1 2.6.8). The servers of Kubernetes never send a
/// WINDOW_UPDATE, and kubectl never waits for one: the limits count once the server has sent the first.
/// </summary>
internal sealed class SendWindow
{
    private const int Default = 64 * 1024;

    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _connection = Default, _stream = Default, _initial = Default;
    private bool _isUsed, _isClosed;

    /// <summary>Waits until something may be sent.</summary>
    /// <returns>How many of the bytes; at least one.</returns>
    /// <exception cref="IOException">Closed in the meantime.</exception>
    public async ValueTask<int> TakeAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_isClosed)
                    throw new IOException("the port-forward is closed");
                long allowed = _isUsed ? Math.Min(wanted, Math.Min(_connection, _stream)) : wanted;
                if (allowed > 0)
                {
                    _connection -= allowed;
                    _stream -= allowed;
                    return (int)allowed;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The server has read bytes of the data stream.</summary>
    public void AddToStream(uint bytes) => Change(() => _stream = Sum(_stream, bytes));

    /// <summary>The server has read bytes of any stream.</summary>
    public void AddToConnection(uint bytes) => Change(() => _connection = Sum(_connection, bytes));

    /// <summary>The server's setting for each stream, which may come at any time.</summary>
    public void SetInitial(uint bytes) => Change(() =>
    {
        _stream = Sum(_stream, bytes - _initial);
        _initial = bytes;
    });

    public void Close() => Change(() => _isClosed = true);

    /// <exception cref="IOException">The window would be larger than the protocol allows.</exception>
    private static long Sum(long window, long bytes) => window + bytes <= int.MaxValue
        ? window + bytes
        : throw new IOException("the API server sent an invalid window size");

    private void Change(Action change)
    {
        lock (_lock)
        {
            change();
            _isUsed = true;
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
