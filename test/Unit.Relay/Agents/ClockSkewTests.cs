using Depmap.Relay.Agents;

namespace Depmap.Relay.Tests.Agents;

public class ClockSkewTests
{
    private const long T0 = 1_000_000 * UnixTime.Second;

    [Fact]
    public void Before_the_first_message_it_is_not_known() => Assert.Null(default(ClockSkew).Nanoseconds);

    [Theory]
    [InlineData(new long[] { 0, -5 }, -5L)]
    // What took longest tells least.
    [InlineData(new long[] { 0, -900, 10, -5, 20, -70 }, -5L)]
    [InlineData(new long[] { 0, 3000 }, 3000L)]
    // The minute before counts as well, an older one does not.
    [InlineData(new long[] { 0, -5, 60, -900 }, -5L)]
    [InlineData(new long[] { 0, -5, 60, -900, 121, -800 }, -800L)]
    [InlineData(new long[] { 0, -5, 600, -900 }, -900L)]
    public void The_quickest_message_of_the_last_minutes_tells_it(long[] secondsAndAhead, long expected)
    {
        ClockSkew skew = default;
        foreach (long[] message in secondsAndAhead.Chunk(2))
        {
            long received = T0 + (message[0] * UnixTime.Second);
            skew = skew.With(received + message[1], received);
        }

        Assert.Equal(expected, skew.Nanoseconds);
    }
}
