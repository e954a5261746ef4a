namespace Depmap.Common;

/// <summary>
/// Delays between retries: exponential back-off with full jitter, so that many clients do not retry at the same time.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan max, Random random)
{
    private int _retries;

    public TimeSpan Next()
    {
        TimeSpan bound = first * Math.Pow(2, _retries);
        if (bound < max)
            _retries++;
        return (bound < max ? bound : max) * random.NextDouble();
    }

    public void Reset() => _retries = 0;
}
