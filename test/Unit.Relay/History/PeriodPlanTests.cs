using System.Globalization;
using Depmap.Relay.History;

namespace Depmap.Relay.Tests.History;

public class PeriodPlanTests
{
    // Minutes exist from 06:00, hours are folded until 10:00.
    [Theory]
    [InlineData("09:10:30", "09:20:00", "M09:10-09:20", "09:10-09:20")]
    [InlineData("09:10:30", "09:20:01", "M09:10-09:21", "09:10-09:21")]
    [InlineData("08:50:00", "10:20:00", "M08:50-09:00 H09:00-10:00 M10:00-10:20", "08:50-10:20")]
    [InlineData("08:00:00", "10:00:00", "H08:00-10:00", "08:00-10:00")]
    [InlineData("06:59:00", "07:59:00", "M06:59-07:59", "06:59-07:59")]
    [InlineData("04:30:00", "10:20:00", "H04:00-10:00 M10:00-10:20", "04:00-10:20")]
    [InlineData("02:30:00", "04:30:00", "H02:00-05:00", "02:00-05:00")]
    [InlineData("10:05:00", "10:20:00", "M10:05-10:20", "10:05-10:20")]
    [InlineData("09:20:00", "09:10:00", "", "09:20-09:20")]
    public void Hours_are_read_where_they_lie_within_the_period_and_minutes_at_its_ends(
        string from, string to, string ranges, string covered)
    {
        PeriodPlan plan = PeriodPlan.Of(Time(from), Time(to), Hour(6), Hour(10));

        Assert.Equal(ranges, string.Join(' ', plan.Ranges.Select(range => range.Length == PeriodLength.Minute
            ? $"M{Text(range.From)}-{Text(range.To)}"
            : $"H{Text(range.From * 60)}-{Text(range.To * 60)}")));
        Assert.Equal(covered, $"{Text(plan.From / UnixTime.Minute)}-{Text(plan.To / UnixTime.Minute)}");
    }

    private static long Hour(int hour) => Time($"{hour:D2}:00:00") / PeriodPlan.Hour;

    private static long Time(string clock) => UnixTime.Of(DateTimeOffset.Parse($"2026-05-04T{clock}Z", CultureInfo.InvariantCulture));

    private static string Text(long minutes) => UnixTime.ToUtc(minutes * UnixTime.Minute).ToString("HH:mm", CultureInfo.InvariantCulture);
}
