using Depmap.Agent.Uplink;
using Depmap.V1;

namespace Depmap.Agent.Tests.Uplink;

public class SendWindowTests
{
    [Fact]
    public void An_acknowledgement_removes_all_batches_up_to_its_number()
    {
        SendWindow window = Sent(1, 2, 3, 4);
        Assert.Equal(3, window.Acknowledge(3));
        Assert.Equal(0, window.Acknowledge(3));
        Assert.Equal(1, window.InFlight);
        Assert.False(window.IsEmpty);
        Assert.Equal(1, window.Acknowledge(ulong.MaxValue));
        Assert.True(window.IsEmpty);
    }

    [Fact]
    public void A_new_stream_starts_with_the_oldest_batch()
    {
        SendWindow window = Sent(1, 2, 3);
        window.Acknowledge(1);
        window.Rewind();
        Assert.Equal([2, 3], Rest(window));
    }

    [Fact]
    public void Batches_acknowledged_on_the_new_stream_are_not_sent_again()
    {
        SendWindow window = Sent(1, 2, 3);
        window.Rewind();
        Assert.True(window.TryNext(out _));
        Assert.Equal(2, window.Acknowledge(2));
        Assert.Equal([3], Rest(window));
    }

    [Fact]
    public void A_full_window_accepts_no_more_batches()
    {
        SendWindow window = Sent(1, 2, 3, 4);
        Assert.False(window.HasRoom);
        Assert.Throws<InvalidOperationException>(() => window.Add(new Batch()));
    }

    private static SendWindow Sent(params ulong[] sequences)
    {
        var window = new SendWindow(4);
        foreach (ulong sequence in sequences)
            window.Add(new Batch { Sequence = sequence });
        Assert.Equal(sequences, Rest(window));
        return window;
    }

    private static List<ulong> Rest(SendWindow window)
    {
        var rest = new List<ulong>();
        while (window.TryNext(out Batch? batch))
            rest.Add(batch.Sequence);
        return rest;
    }
}
