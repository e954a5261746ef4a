using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

public class DueTimesTests
{
    /// <summary>Events are <c>interface@second</c>; <c>7x</c> removes interface 7.</summary>
    [Theory]
    [InlineData("", 100, "", null)]
    [InlineData("7@3", 2.999, "", 3.0)]
    [InlineData("7@3", 3, "7", null)]
    [InlineData("7@3 8@5 9@4", 4, "7 9", 5.0)]
    [InlineData("9@3 8@2 7@3", 100, "8 7 9", null)] // the earliest first
    [InlineData("7@3 7@9", 3, "7", null)] // a repeated event does not postpone the pending one
    [InlineData("7@3 7@1", 2, "", 3.0)]
    [InlineData("7@3 7x 7@9", 3, "", 9.0)] // removed and added again: a new time
    [InlineData("7@3 8@4 7x", 3, "", 4.0)]
    public void Due_interfaces_are_returned_once_and_the_next_time_is_known(
        string events, double now, string expected, double? next)
    {
        DueTimes times = new();
        foreach (string word in events.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Split('@') is [var index, var second])
                times.Add(int.Parse(index), TimeSpan.FromSeconds(int.Parse(second)));
            else
                times.Remove(int.Parse(word[..^1]));
        }

        Assert.Equal(expected, string.Join(' ', times.TakeDue(TimeSpan.FromSeconds(now))));
        Assert.Equal(next, times.Next?.TotalSeconds);
        Assert.Empty(times.TakeDue(TimeSpan.FromSeconds(now)));
    }

    [Fact]
    public void Interfaces_that_are_no_longer_listed_are_removed()
    {
        DueTimes times = new();
        times.Add(7, TimeSpan.FromSeconds(1));
        times.Add(8, TimeSpan.FromSeconds(2));

        times.Keep(new Dictionary<int, string> { [8] = "veth8" });

        Assert.Equal((false, true, 1), (times.Contains(7), times.Contains(8), times.Count));
        Assert.Equal([8], times.TakeDue(TimeSpan.FromSeconds(2)));
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(1, null, 1)]
    [InlineData(null, 1, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(1, 2, 1)]
    public void Never_is_later_than_any_time(int? one, int? other, int? expected) =>
        Assert.Equal(Of(expected), DueTimes.Earlier(Of(one), Of(other)));

    private static TimeSpan? Of(int? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : null;
}
