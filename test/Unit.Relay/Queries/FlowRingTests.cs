using Depmap.Relay.Flows;
using Depmap.Relay.Queries;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Queries;

public class FlowRingTests
{
    private readonly FlowRing _ring = new(capacity: 4);

    private void Add(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _ring.Add(new NamedFlow
            {
                Time = (long)_ring.Last + 1,
                Decision = new Decision(Verdict.Forwarded),
                Protocol = Protocol.Tcp,
                Source = Web,
                Destination = Cart,
                Node = "node-a",
            });
        }
    }

    private (long[] Times, ulong Missed) Read(ref ulong cursor, int max = 10)
    {
        var into = new NamedFlow[max];
        int count = _ring.Read(ref cursor, into, out ulong missed);
        return ([.. into.Take(count).Select(f => f.Time)], missed);
    }

    [Fact]
    public void An_empty_ring_has_nothing_to_read()
    {
        ulong cursor = _ring.First;
        (long[] times, ulong missed) = Read(ref cursor);
        Assert.Empty(times);
        Assert.Equal((0UL, 1UL, 0UL), (missed, cursor, _ring.Last));
    }

    [Fact]
    public void A_reader_continues_from_its_cursor()
    {
        Add(3);
        ulong cursor = _ring.First;
        Assert.Equal([1, 2], Read(ref cursor, 2).Times);
        Add(1);
        Assert.Equal([3, 4], Read(ref cursor).Times);
        Assert.Empty(Read(ref cursor).Times);
    }

    [Fact]
    public void A_reader_that_was_overtaken_gets_the_number_of_missed_flows()
    {
        Add(2);
        ulong cursor = 2;
        Add(6);
        (long[] times, ulong missed) = Read(ref cursor);
        Assert.Equal([5, 6, 7, 8], times);
        Assert.Equal((3UL, 9UL, 5UL), (missed, cursor, _ring.First));
    }
}
