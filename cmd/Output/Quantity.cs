namespace Depmap.Plugin.Output;

/// <summary>Formats quantities for people: few digits, a unit, no space.</summary>
/// <remarks>The format does not depend on the user's locale, because all programs use InvariantGlobalization.</remarks>
internal static class Quantity
{
    /// <summary><c>850ns</c>, <c>180µs</c>, <c>12.3ms</c>, <c>1.50s</c>. Empty for 0 (unknown).</summary>
    public static string Duration(ulong nanoseconds) => nanoseconds switch
    {
        0 => "",
        < 1_000 => $"{nanoseconds}ns",
        < 1_000_000 => $"{nanoseconds / 1_000}µs",
        < 1_000_000_000 => $"{nanoseconds / 1e6:0.0}ms",
        _ => $"{nanoseconds / 1e9:0.00}s",
    };

    /// <summary><c>512B</c>, <c>1.5KiB</c>, in powers of 1024.</summary>
    public static string Bytes(ulong bytes) => bytes switch
    {
        < 1UL << 10 => $"{bytes}B",
        < 1UL << 20 => $"{bytes / (double)(1UL << 10):0.0}KiB",
        < 1UL << 30 => $"{bytes / (double)(1UL << 20):0.0}MiB",
        _ => $"{bytes / (double)(1UL << 30):0.0}GiB",
    };

    /// <summary>An age in kubectl's format: <c>90s</c>, <c>45m</c>, <c>30h</c>, <c>3d</c>.</summary>
    public static string Age(TimeSpan age) => age.TotalSeconds switch
    {
        < 0 => "0s", // clocks of nodes differ
        < 120 => $"{(long)age.TotalSeconds}s",
        < 2 * 3600 => $"{(long)age.TotalMinutes}m",
        < 48 * 3600 => $"{(long)age.TotalHours}h",
        _ => $"{(long)age.TotalDays}d",
    };
}
