namespace Depmap.Common;

/// <summary>Times are Unix nanoseconds throughout, as agents send them.</summary>
internal static class UnixTime
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000 * Millisecond;
    public const long Minute = 60 * Second;

    public static long UnixNanoseconds(this TimeProvider timeProvider) => Of(timeProvider.GetUtcNow());

    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;
}
