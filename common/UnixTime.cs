namespace Depmap.Common;

/// <summary>Unix time in nanoseconds, the unit of all times on the wire.</summary>
internal static class UnixTime
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000 * Millisecond;
    public const long Minute = 60 * Second;

    public static long UnixNanoseconds(this TimeProvider timeProvider) => Of(timeProvider.GetUtcNow());

    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    /// <summary>Rounded down to 100 ns, the resolution of <see cref="DateTimeOffset"/>.</summary>
    public static DateTimeOffset ToUtc(long unixNanoseconds)
    {
        long seconds = WholeSeconds(unixNanoseconds);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks((unixNanoseconds - (seconds * Second)) / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>RFC 3339 in UTC, always with nine fractional digits.</summary>
    public static string ToRfc3339(long unixNanoseconds) =>
        $"{ToUtc(unixNanoseconds):yyyy-MM-dd'T'HH:mm:ss}.{unixNanoseconds - (WholeSeconds(unixNanoseconds) * Second):D9}Z";

    // Rounded down, also before 1970.
    private static long WholeSeconds(long unixNanoseconds) => (unixNanoseconds / Second) - (unixNanoseconds % Second < 0 ? 1 : 0);
}
