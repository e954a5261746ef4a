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
    public void The_first_snapshot_also_covers_all_time_before_it()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old with { Started = At(-5) }), At(0));
        Assert.Equal("old", timeline.PodAt(Web.Address, 0)?.Pod);
        Assert.Equal("old", timeline.PodAt(Web.Address, At(1000))?.Pod);
    }

    [Fact]
    public void A_reused_address_belongs_to_the_old_pod_before_and_to_the_new_pod_after()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(10) - 1)?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(10))?.Pod);
    }

    [Fact]
    public void A_start_before_the_end_of_the_former_owner_does_not_shorten_its_ownership()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New with { Started = At(3) }), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(5))?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(10))?.Pod);
    }

    [Fact]
    public void The_former_owner_ends_at_its_deletion_and_the_new_one_begins_at_its_start()
    {
        AddressTimeline timeline = AddressTimeline.Empty
            .With(With(Old with { Deleted = At(4) }), At(0))
            .With(With(New with { Started = At(6) }), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(3))?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(5)));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(7))?.Pod);
    }

    [Fact]
    public void After_an_hour_without_the_API_server_a_new_owner_begins_at_its_start()
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
    public void Traffic_shortly_before_the_first_owner_was_known_belongs_to_it()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(), At(0)).With(With(New), At(100));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(99))?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(30)));
    }

    [Fact]
    public void A_host_network_pod_does_not_own_its_nodes_address()
    {
        ClusterObjects objects = With(Pod("proxy", "node-a", NodeA, "proxy") with { HostNetwork = true });
        objects.Nodes.Add(new NodeObject("node-a", [NodeA.Address]));
        AddressTimeline timeline = AddressTimeline.Empty.With(objects, At(0));
        Assert.Equal(new Owner("node-a"), timeline.OwnerAt(NodeA.Address, At(0)));
        Assert.Null(timeline.PodAt(NodeA.Address, At(0)));
    }

    [Fact]
    public void A_former_owner_is_removed_after_ten_minutes()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New), At(10));
        Assert.Equal("old", timeline.With(With(New), At(609)).PodAt(Web.Address, At(0))?.Pod);
        Assert.Null(timeline.With(With(New), At(700)).PodAt(Web.Address, At(-100)));
        Assert.Equal("new", timeline.With(With(New), At(700)).PodAt(Web.Address, At(11))?.Pod);
    }

    [Fact]
    public void A_pod_that_stays_keeps_its_ownership_and_gets_its_workload()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old with { Controller = null }), At(0)).With(With(Old), At(10));
        Assert.Equal("Deployment/web", timeline.PodAt(Web.Address, At(1))?.Workload);
    }

    [Fact]
    public void A_pod_owns_all_its_addresses()
    {
        AddressPort six = ParseEndpoint("fd00:10:244:1::2", 0);
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old with { Addresses = [Web.Address, six.Address] }), At(0));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(0))?.Pod);
        Assert.Equal("old", timeline.PodAt(six.Address, At(0))?.Pod);
    }

    [Fact]
    public void A_pod_in_no_snapshot_owned_its_address_from_start_to_end()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(Ended(New with { Started = At(5) }, At(7)), At(10));
        Assert.Equal("old", timeline.PodAt(Web.Address, At(5) - 1)?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(5))?.Pod);
        Assert.Equal("new", timeline.PodAt(Web.Address, At(7) - 1)?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(7)));
    }

    [Fact]
    public void A_pod_in_no_snapshot_does_not_shorten_the_next_ownership()
    {
        ClusterObjects objects = Ended(New with { Started = At(5) }, At(7));
        objects.Pods.Add(Pod("next", "node-a", Web, "web") with { Started = At(5) });
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(objects, At(10));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(7) - 1)?.Pod);
        Assert.Equal("next", timeline.PodAt(Web.Address, At(7))?.Pod);
    }

    [Fact]
    public void An_end_reported_late_is_at_the_deletion_time()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(), At(0))
            .With(Ended(New with { Started = At(5), Deleted = At(7) }, At(300)), At(300));
        Assert.Equal("new", timeline.PodAt(Web.Address, At(8) - 1)?.Pod);
        Assert.Null(timeline.PodAt(Web.Address, At(8)));
    }

    [Fact]
    public void A_host_network_pod_that_ended_owned_no_address()
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
