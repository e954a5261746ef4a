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

    // Seconds, and how far the clock appears to be ahead, in milliseconds.
    [Theory]
    [InlineData(new long[] { 0, 0, 1, -80, 2, 300 }, 0L)]
    [InlineData(new long[] { 0, 1_900 }, 0L)]
    [InlineData(new long[] { 0, 30_000 }, 30_000L)]
    [InlineData(new long[] { 0, -30_000 }, -30_000L)]
    // It may be the messages that are slow, for a while.
    [InlineData(new long[] { 0, -10_000 }, 0L)]
    [InlineData(new long[] { 0, -10_000, 30, -10_001, 61, -10_002 }, -10_000L)]
    // Set forward; set back; set back by less than a message may take.
    [InlineData(new long[] { 0, 0, 1, 20_000 }, 20_000L)]
    [InlineData(new long[] { 0, 30_000, 1, 10, 2, 11 }, 30_000L)]
    [InlineData(new long[] { 0, 30_000, 1, 10, 2, 11, 3, 12 }, 0L)]
    [InlineData(new long[] { 0, 0, 1, -3_600_000, 2, -3_600_001, 3, -3_600_002 }, -3_600_000L)]
    // A relay that stood still receives what was sent meanwhile at once.
    [InlineData(new long[] { 0, 0, 61, -60_000, 61, -59_000, 61, -58_000, 62, 0 }, 0L)]
    public void Times_are_corrected_if_the_clock_is_certainly_wrong(long[] secondsAndAhead, long expected)
    {
        ClockSkew skew = default;
        foreach (long[] message in secondsAndAhead.Chunk(2))
        {
            long received = T0 + (message[0] * UnixTime.Second);
            skew = skew.With(received + (message[1] * UnixTime.Millisecond), received);
        }

        Assert.Equal(expected, skew.Correction / UnixTime.Second * 1000);
    }

    [Fact]
    public void A_message_that_waited_for_the_relay_says_nothing()
    {
        ClockSkew skew = default(ClockSkew).With(T0 - UnixTime.Minute, T0, isFresh: false);
        Assert.Equal(-UnixTime.Minute, skew.Correction);
        skew = skew.With(T0, T0);
        Assert.Equal(0, skew.Correction);
        for (int i = 1; i < 100; i++)
            skew = skew.With(T0 + (i * UnixTime.Second) - UnixTime.Minute, T0 + (i * UnixTime.Second), isFresh: false);
        Assert.Equal(0, skew.Correction);
    }
}
