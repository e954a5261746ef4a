namespace Depmap.Common;

/// <summary>
/// How long to wait before each try: anything up to a bound that doubles ("full jitter"), so that many who
/// wait for the same do not come back to it all at once.
/// </summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private int _tries;

    public TimeSpan Next()
    {
        TimeSpan bound = first * Math.Pow(2, _tries);
        if (bound < longest)
            _tries++;
        return (bound < longest ? bound : longest) * random.NextDouble();
    }

    public void Reset() => _tries = 0;
}
