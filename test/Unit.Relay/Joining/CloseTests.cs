using Depmap.Relay.Flows;
using Depmap.V1;
using static Depmap.Relay.Tests.Joining.Sightings;
using static Depmap.Relay.Tests.Names.TestCluster;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>When the end of a flow is published, and with what.</summary>
public class CloseTests
{
    private readonly JoinerBench _bench = new();

    private static Sighting Ended(Sighting sighting, ulong bytes = 0) => sighting with
    {
        Ended = true,
        LastSeen = sighting.Opened + (3 * UnixTime.Second),
        BytesToServer = bytes,
        BytesToClient = 2 * bytes,
        PacketsToServer = bytes / 100,
        PacketsToClient = bytes / 50,
    };

    [Fact]
    public void A_flow_closes_once_with_the_totals_of_its_client()
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        Assert.Empty(_bench.Closed);
        _bench.Report("node-b", Ended(AtCart(State.Established), 900));
        Assert.Empty(_bench.Closed);
        _bench.Report("node-a", Ended(AtWeb(State.Established), 1000));
        _bench.Advance(0);

        NamedFlow closed = Assert.Single(_bench.Closed);
        Assert.Equal(_bench.SinglePublished.Id, closed.Id);
        Assert.Equal((1000UL, 2000UL), (closed.BytesToServer, closed.BytesToClient));
        Assert.Equal(new FlowClose(Opened + (3 * UnixTime.Second), 3 * UnixTime.Second, 10, 20, 0), closed.Close);
        _bench.Report("node-a", Ended(AtWeb(State.Established), 1000));
        _bench.Advance(100);
        Assert.Single(_bench.Closed);
        Assert.Equal(0, _bench.FlowCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_does_not_wait_for_ever_for_the_other_side(bool otherSideIsOpen)
    {
        if (otherSideIsOpen)
            _bench.Report("node-b", AtCart(State.Established));
        _bench.Report("node-a", Ended(AtWeb(State.Established), 100));
        _bench.Advance(1.9);
        Assert.Empty(_bench.Closed);
        _bench.Advance(3.2);
        Assert.Single(_bench.Closed);
        _bench.Advance(100);
        Assert.Single(_bench.Closed);
    }

    [Fact]
    public void A_flow_to_the_outside_closes_at_once()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External });
        _bench.Report("node-a", Ended(AtWeb(State.Established) with { Server = External }, 100));
        _bench.Advance(0);
        Assert.Single(_bench.Closed);
    }

    [Fact]
    public void The_end_comes_after_the_flow()
    {
        _bench.Report("node-a", Ended(AtWeb(State.Established), 100));
        _bench.Advance(1);
        Assert.Empty(_bench.Published);
        Assert.Empty(_bench.Closed);
        _bench.Advance(1.1);
        Assert.Single(_bench.Published);
        _bench.Advance(2.1);
        Assert.Single(_bench.Closed);
    }

    [Fact]
    public void A_flow_that_never_arrived_does_not_close()
    {
        _bench.Report("node-a", Ended(AtWeb(State.Opening).Failed(DropReason.Refused) with { Server = External }));
        _bench.Advance(1);
        Assert.Equal(Verdict.Dropped, _bench.SinglePublished.Decision.Verdict);
        _bench.Advance(100);
        Assert.Empty(_bench.Closed);
    }

    [Fact]
    public void A_flow_that_was_cut_off_closes_with_its_last_verdict()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External });
        _bench.Report("node-a", Ended(AtWeb(State.Established).Failed(DropReason.Timeout) with { Server = External }, 100));
        _bench.Advance(1);
        Assert.Equal(Verdict.Dropped, Assert.Single(_bench.Closed).Decision.Verdict);
    }

    [Fact]
    public void A_flow_whose_end_nobody_saw_does_not_close()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External });
        _bench.Disconnect("node-a");
        _bench.Advance(1000);
        Assert.Equal(0, _bench.FlowCount);
        Assert.Empty(_bench.Closed);
    }

    [Fact]
    public void A_flow_that_is_removed_for_lack_of_room_still_closes_if_it_has_ended()
    {
        var small = new JoinerBench(capacity: 1);
        small.Report("node-a", AtWeb(State.Established), Ended(AtWeb(State.Established) with { Id = 9, Client = PodOnNodeC }, 100));
        small.Report("node-a", AtWeb(State.Established, 78) with { Id = 10, Client = NodeA });
        NamedFlow closed = Assert.Single(small.Closed);
        Assert.Equal(100UL, closed.BytesToServer);
        Assert.Contains(small.Published, flow => flow.Id == closed.Id);
    }

    [Fact]
    public void The_duration_of_a_flow_whose_opening_was_not_seen_is_unknown()
    {
        Sighting older = AtWeb(State.Established, sequence: null) with { Server = External, Older = true };
        _bench.Report("node-a", older);
        _bench.Report("node-a", Ended(older, 100));
        _bench.Advance(1);
        Assert.Null(Assert.Single(_bench.Closed).Close!.Duration);
    }
}
