using Depmap.Relay.Queries;

namespace Depmap.Relay.Tests.Queries;

public class FlowRatesTests
{
    private readonly FlowRates _rates = new();

    private static long At(double seconds) => (long)((1_000_000 + seconds) * UnixTime.Second);

    [Fact]
    public void The_rate_of_a_node_is_the_mean_of_the_last_ten_complete_seconds()
    {
        for (int i = 0; i < 1000; i++)
            _rates.Add("a", At(i / 50.0)); // 50 a second from 0 to 20
        _rates.Add("b", At(19.5));
        Assert.Equal((50, 0.1), (_rates.PerSecond("a", At(20)), _rates.PerSecond("b", At(20))));
        // The current second does not count.
        Assert.Equal(0, _rates.PerSecond("b", At(19.9)));
        Assert.Equal(25, _rates.PerSecond("a", At(25)));
        Assert.Equal((0, 0), (_rates.PerSecond("a", At(31)), _rates.PerSecond("c", At(20))));
    }
}
