namespace Depmap.Plugin.Commands;

/// <summary>Reads how long something may take, as kubectl writes it.</summary>
internal static class Duration
{
    public static Reading<TimeSpan> Read(string text) =>
        Since.TryReadDuration(text, out TimeSpan duration) && duration > TimeSpan.Zero
            ? duration
            : Reading<TimeSpan>.Wrong("use a duration such as 90s, 5m or 1h30m");
}
