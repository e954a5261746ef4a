using Depmap.Relay.Agents;

namespace Depmap.Relay.Tests.Agents;

public class ClockSkewTests
{
    private const long T0 = 1_000_000 * UnixTime.Second;

    [Fact]
    public void The_skew_is_unknown_before_the_first_message() => Assert.Null(default(ClockSkew).Nanoseconds);

    [Theory]
    [InlineData(new long[] { 0, -5 }, -5L)]
    // Slow messages are ignored.
    [InlineData(new long[] { 0, -900, 10, -5, 20, -70 }, -5L)]
    [InlineData(new long[] { 0, 3000 }, 3000L)]
    // The previous minute counts, an older one does not.
    [InlineData(new long[] { 0, -5, 60, -900 }, -5L)]
    [InlineData(new long[] { 0, -5, 60, -900, 121, -800 }, -800L)]
    [InlineData(new long[] { 0, -5, 600, -900 }, -900L)]
    public void The_fastest_message_of_the_last_two_minutes_determines_the_skew(long[] secondsAndAhead, long expected)
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
