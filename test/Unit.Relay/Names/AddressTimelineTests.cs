using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class AddressTimelineTests
{
    private const long T0 = 1_000_000 * UnixTime.Second;

    private static long At(int seconds) => T0 + (seconds * UnixTime.Second);

    private static ClusterObjects With(params PodObject[] pods)
    {
        var objects = new ClusterObjects();
        objects.Pods.AddRange(pods);
        return objects;
    }

    private static PodObject Old => Pod("old", "node-a", Web, "web");

    private static PodObject New => Pod("new", "node-a", Web, "web");

    [Fact]
    public void The_first_snapshot_names_all_time_before_it()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old with { Started = At(-5) }), At(0));
        Assert.Equal("old", timeline.PodAt(Web.Address, 0)?.Pod);
        Assert.Equal("old", timeline.PodAt(Web.Address, At(1000))?.Pod);
    }

    [Fact]
    public void An_address_used_again_names_the_old_pod_before_and_the_new_one_after()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(10) - 1)?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(10))?.Pod);
    }

    [Fact]
    public void A_start_before_the_end_of_the_former_owner_does_not_take_its_time()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New with { Started = At(3) }), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(5))?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(10))?.Pod);
    }

    [Fact]
    public void A_deletion_time_ends_the_former_owner_and_a_start_begins_the_new_one()
    {
        AddressTimeline timeline = AddressTimeline.Empty
            .With(With(Old with { Deleted = At(4) }), At(0))
            .With(With(New with { Started = At(6) }), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(3))?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(5)));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(7))?.Pod);
    }

    [Fact]
    public void After_an_hour_without_the_API_server_an_owner_that_is_new_to_us_has_the_time_since_its_start()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New with { Started = At(600) }), At(3600));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(600))?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(3000))?.Pod);
    }

    [Fact]
    public void A_finished_pod_owns_nothing_though_it_still_lists_its_address()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(Old with { Finished = true }), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(9))?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(11)));
        timeline = timeline.With(With(Old with { Finished = true }, New), At(20));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(20))?.Pod);
    }

    [Fact]
    public void Traffic_shortly_before_the_first_owner_was_known_is_its_own()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(), At(0)).With(With(New), At(100));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(99))?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(30)));
    }

    [Fact]
    public void A_pod_of_the_host_network_leaves_the_address_to_the_node()
    {
        ClusterObjects objects = With(Pod("proxy", "node-a", NodeA, "proxy") with { HostNetwork = true });
        objects.Nodes.Add(new NodeObject("node-a", [NodeA.Address]));
        AddressTimeline timeline = AddressTimeline.Empty.With(objects, At(0));
        Assert.Equal(new Owner("node-a"), timeline.OwnerAt(NodeA.Address, At(0)));
        Assert.Null(timeline.PodAt(NodeA.Address, At(0)));
    }

    [Fact]
    public void A_former_owner_is_forgotten_after_ten_minutes()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New), At(10));
        Assert.Equal("old", timeline.With(With(New), At(609)).PodAt(Web.Address, At(0))?.Pod);
        Assert.Null(timeline.With(With(New), At(700)).PodAt(Web.Address, At(-100)));
        Assert.Equal("new", timeline.With(With(New), At(700)).PodAt(Web.Address, At(11))?.Pod);
    }

    [Fact]
    public void A_pod_that_stays_keeps_its_time_and_learns_its_workload()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old with { Controller = null }), At(0)).With(With(Old), At(10));
        Assert.Equal("Deployment/web", timeline.PodAt(Web.Address, At(1))?.Workload);
    }

    [Fact]
    public void Every_address_of_a_pod_is_its_own()
    {
        AddressPort six = End("fd00:10:244:1::2", 0);
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old with { Addresses = [Web.Address, six.Address] }), At(0));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(0))?.Pod);
        Assert.Equal("old", timeline.PodAt(six.Address, At(0))?.Pod);
    }

    [Fact]
    public void A_pod_that_no_snapshot_has_owned_its_address_from_start_to_end()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(Ended(New with { Started = At(5) }, At(7)), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(5) - 1)?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(5))?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(7) - 1)?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(7)));
    }

    [Fact]
    public void A_pod_that_no_snapshot_has_takes_no_time_of_the_next_owner()
    {
        ClusterObjects objects = Ended(New with { Started = At(5) }, At(7));
        objects.Pods.Add(Pod("next", "node-a", Web, "web") with { Started = At(5) });
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(objects, At(10));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(7) - 1)?.Pod);
        Assert.Equal("next", timeline.PodAt(Web.Address, At(7))?.Pod);
    }

    [Fact]
    public void Heard_of_long_afterwards_its_deletion_time_tells_the_end()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(), At(0))
            .With(Ended(New with { Started = At(5), Deleted = At(7) }, At(300)), At(300));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(8) - 1)?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(8)));
    }

    [Fact]
    public void A_pod_of_the_host_network_that_ended_owned_nothing()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(), At(0)).With(Ended(New with { HostNetwork = true }, At(7)), At(10));
        Assert.Null(timeline.PodAt(Web.Address, At(6)));
    }

    private static ClusterObjects Ended(PodObject pod, long at)
    {
        var objects = new ClusterObjects();
        objects.EndedPods.Add(new EndedObject<PodObject>(pod, at));
        return objects;
    }
}
