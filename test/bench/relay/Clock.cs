namespace Depmap.Relay.Bench;

internal static class Clock
{
    /// <summary>Unix time in nanoseconds.</summary>
    public static long Now => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
