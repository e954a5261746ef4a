namespace Depmap.Relay.History;

/// <summary>Which minutes and hours answer a query: hours where there are some, since they are fewer.</summary>
/// <param name="Ranges">They do not overlap.</param>
/// <param name="From">When the first of them begins, Unix nanoseconds.</param>
/// <param name="To">When the last of them ends, Unix nanoseconds.</param>
internal sealed record PeriodPlan(IReadOnlyList<PeriodRange> Ranges, long From, long To)
{
    public const long MinutesPerHour = 60;
    public const long Hour = MinutesPerHour * UnixTime.Minute;

    /// <param name="from">Unix nanoseconds; rounded down to a minute, or an hour where there are no minutes any more.</param>
    /// <param name="to">Unix nanoseconds; rounded up likewise.</param>
    /// <param name="minutesFrom">The first hour that still has minutes, in hours since 1970.</param>
    /// <param name="hoursTo">The first hour that is not folded yet, in hours since 1970.</param>
    public static PeriodPlan Of(long from, long to, long minutesFrom, long hoursTo)
    {
        long first = from / UnixTime.Minute;
        long last = (to + UnixTime.Minute - 1) / UnixTime.Minute;
        if (first < minutesFrom * MinutesPerHour)
            first -= first % MinutesPerHour;
        if (last < minutesFrom * MinutesPerHour)
            last = RoundUp(last) * MinutesPerHour;

        long firstHour = RoundUp(first);
        long lastHour = Math.Min(last / MinutesPerHour, hoursTo);
        PeriodRange[] ranges = firstHour < lastHour
            ?
            [
                new(PeriodLength.Minute, first, firstHour * MinutesPerHour),
                new(PeriodLength.Hour, firstHour, lastHour),
                new(PeriodLength.Minute, lastHour * MinutesPerHour, last),
            ]
            : [new(PeriodLength.Minute, first, last)];
        return new PeriodPlan(
            [.. ranges.Where(range => range.From < range.To)], first * UnixTime.Minute, Math.Max(first, last) * UnixTime.Minute);
    }

    private static long RoundUp(long minutes) => (minutes + MinutesPerHour - 1) / MinutesPerHour;
}
