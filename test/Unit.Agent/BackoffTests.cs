using Depmap.Common;

namespace Depmap.Agent.Tests;

public class BackoffTests
{
    [Fact]
    public void The_maximum_delay_doubles_up_to_ten_seconds_and_can_be_reset()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), new AlwaysMaximum());
        Assert.Equal(
            [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10],
            Enumerable.Range(0, 9).Select(_ => backoff.Next().TotalSeconds));
        backoff.Reset();
        Assert.Equal(0.2, backoff.Next().TotalSeconds);
    }

    [Fact]
    public void Delays_are_spread_from_zero_to_the_maximum()
    {
        var random = new Random(1);
        double[] waits = [.. Enumerable.Range(0, 1000).Select(_ =>
            new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), random).Next().TotalSeconds)];
        Assert.InRange(waits.Average(), 0.45, 0.55);
        Assert.InRange(waits.Min(), 0, 0.05);
        Assert.InRange(waits.Max(), 0.95, 1);
    }

    private sealed class AlwaysMaximum : Random
    {
        public override double NextDouble() => 1;
    }
}
