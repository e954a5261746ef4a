namespace Depmap.Plugin.Output;

/// <summary>Writes Unix time in nanoseconds.</summary>
internal static class UnixTime
{
    /// <summary>RFC 3339 in UTC, always with nine digits of a second.</summary>
    public static string Rfc3339(long unixNanoseconds) =>
        $"{Utc(unixNanoseconds):yyyy-MM-dd'T'HH:mm:ss}.{unixNanoseconds - (Seconds(unixNanoseconds) * 1_000_000_000):D9}Z";

    /// <summary>To 100 ns, which is all that <see cref="DateTimeOffset"/> holds.</summary>
    public static DateTimeOffset Utc(long unixNanoseconds)
    {
        long seconds = Seconds(unixNanoseconds);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks((unixNanoseconds - (seconds * 1_000_000_000)) / TimeSpan.NanosecondsPerTick);
    }

    // Rounded down, also before 1970.
    private static long Seconds(long unixNanoseconds) =>
        (unixNanoseconds / 1_000_000_000) - (unixNanoseconds % 1_000_000_000 < 0 ? 1 : 0);
}
