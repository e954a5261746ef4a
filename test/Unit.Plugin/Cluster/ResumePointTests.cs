using Depmap.Plugin.Cluster;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class ResumePointTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_000_000 * Second;

    private static readonly ObserveRequest FromNow = new() { Follow = true, Last = 0 };
    private static readonly ObserveRequest LastFive = new() { Follow = true, Last = 5, SinceUnixNs = 7 };

    [Fact]
    public void The_first_request_is_the_original() =>
        Assert.Equal(LastFive, new ResumePoint(LastFive, Start).NextRequest(Status(ring: 1)));

    [Fact]
    public void With_the_same_relay_it_continues_by_sequence()
    {
        var point = new ResumePoint(LastFive, Start);
        point.NextRequest(Status(ring: 1));
        Assert.True(point.IsNew(Flow(41, port: 1000, Start)));
        Assert.Equal(
            new ObserveRequest { Follow = true, SinceUnixNs = 7, After = new Position { Ring = 1, Sequence = 41 } },
            point.NextRequest(Status(ring: 1)));
        Assert.False(point.IsOtherRelay);
    }

    [Fact]
    public void From_now_on_means_from_the_original_request_on()
    {
        var point = new ResumePoint(FromNow, Start);
        point.NextRequest(Status(ring: 1, published: 40));
        Assert.Equal(
            new ObserveRequest { Follow = true, After = new Position { Ring = 1, Sequence = 40 } },
            point.NextRequest(Status(ring: 1, published: 50)));
        Assert.Equal(new ObserveRequest { Follow = true, SinceUnixNs = Start }, point.NextRequest(Status(ring: 2)));
    }

    [Fact]
    public void The_original_request_is_repeated_before_the_first_flow()
    {
        var point = new ResumePoint(LastFive, Start);
        point.NextRequest(Status(ring: 1));
        Assert.Equal(LastFive, point.NextRequest(Status(ring: 2)));
    }

    [Fact]
    public void Another_relay_is_asked_for_an_overlap_without_duplicates()
    {
        var point = new ResumePoint(LastFive, Start);
        point.NextRequest(Status(ring: 1));
        point.IsNew(Flow(41, port: 1000, Start));
        point.IsNew(Flow(42, port: 1001, Start + Second));
        Assert.Equal(
            new ObserveRequest { Follow = true, SinceUnixNs = Start + Second - (300 * Second) }, point.NextRequest(Status(ring: 2)));
        Assert.True(point.IsOtherRelay);
        Assert.False(point.IsNew(Flow(1, port: 1000, Start + (Second / 2)))); // another node's clock
        Assert.True(point.IsNew(Flow(2, port: 1001, Start + (30 * Second)))); // the port is reused later
        Assert.True(point.IsNew(Flow(3, port: 1002, Start)));
        // The same after a second failure.
        point.NextRequest(Status(ring: 3));
        Assert.False(point.IsNew(Flow(1, port: 1002, Start)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_flow_is_the_same_if_one_relay_knows_only_the_server_s_side(bool serviceFirst)
    {
        Flow toService = Flow(1, port: 1000, Start), atServer = toService.Clone(), toOther = toService.Clone();
        (toService.Destination.Ip, toService.Destination.Port) = ("10.96.0.10", 53);
        (toService.Destination.PodIp, toService.Destination.PodPort) = (atServer.Destination.Ip, atServer.Destination.Port);
        toOther.Destination.Ip = "10.0.0.3";
        var point = new ResumePoint(FromNow, Start);
        point.NextRequest(Status(ring: 1));
        Assert.True(point.IsNew(serviceFirst ? toService : atServer));
        point.NextRequest(Status(ring: 2));
        Assert.False(point.IsNew(serviceFirst ? atServer : toService));
        Assert.True(point.IsNew(toOther));
    }

    [Fact]
    public void Another_verdict_is_not_a_duplicate()
    {
        Flow dropped = Flow(1, port: 1000, Start), forwarded = dropped.Clone();
        (dropped.Verdict, forwarded.Verdict) = (Verdict.Dropped, Verdict.Forwarded);
        var point = new ResumePoint(FromNow, Start);
        point.NextRequest(Status(ring: 1));
        Assert.True(point.IsNew(dropped));
        point.NextRequest(Status(ring: 2));
        Assert.True(point.IsNew(forwarded));
        Assert.False(point.IsNew(dropped));
    }

    [Fact]
    public void With_one_relay_nothing_is_a_duplicate()
    {
        var point = new ResumePoint(FromNow, Start);
        point.NextRequest(Status(ring: 1));
        Assert.True(point.IsNew(Flow(1, port: 53, Start)));
        Assert.True(point.IsNew(Flow(2, port: 53, Start)));
    }

    [Fact]
    public void Old_flows_are_forgotten()
    {
        var point = new ResumePoint(FromNow, Start);
        point.NextRequest(Status(ring: 1));
        for (uint i = 0; i < 40_000; i++)
            point.IsNew(Flow(i, port: i, Start));
        point.NextRequest(Status(ring: 2));
        Assert.True(point.IsNew(Flow(1, port: 0, Start)));
        Assert.False(point.IsNew(Flow(2, port: 39_999, Start)));
    }

    private static StatusResponse Status(ulong ring, ulong published = 0) => new() { Ring = ring, FlowsPublished = published };

    private static Flow Flow(ulong sequence, uint port, long time) => new()
    {
        Sequence = sequence,
        TimeUnixNs = time,
        Protocol = Protocol.Tcp,
        Source = new Endpoint { Ip = "10.0.0.1", Port = port },
        Destination = new Endpoint { Ip = "10.0.0.2", Port = 80 },
    };
}
