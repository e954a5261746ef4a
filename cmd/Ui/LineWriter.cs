using System.Text;

namespace Depmap.Plugin.Ui;

/// <summary>Writes lines of JSON to a page for as long as it reads them. Any number of callers.</summary>
internal sealed class LineWriter(Stream output, TimeProvider timeProvider) : IDisposable
{
    // Only a write shows that the page is gone.
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private long _last = timeProvider.GetTimestamp();

    /// <exception cref="IOException">The page is gone.</exception>
    public async Task WriteAsync(string line, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _last = timeProvider.GetTimestamp();
            await output.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes an empty line if there was none for a while.</summary>
    /// <exception cref="IOException">The page is gone.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken) =>
        timeProvider.GetElapsedTime(_last) < MaxSilence ? Task.CompletedTask : WriteAsync("", cancellationToken);

    public void Dispose() => _turn.Dispose();
}
