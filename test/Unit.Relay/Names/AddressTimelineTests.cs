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

    /// <summary>
    /// Snapshots (seconds: the pods with their addresses; '!' marks a pod being deleted, '^' one that started at the snapshot,
    /// or at the second that follows, others started long before, '@' their network was set up at that second) and the owners of the
    /// address X at some times, '?' after a contested one.
    /// </summary>
    [Theory]
    [InlineData("0: p=X q=Y", "-50=p 5=p")]
    [InlineData("0: p^=X", "-3=- -1=p 5=p")] // not before its start, but for the difference of two clocks
    [InlineData("0: p=X | 10: p=Y", "9=p 10=-")] // its sandbox was made anew
    [InlineData("0: p=X | 10: p= | 20: p=X", "9=p 15=- 20=p")]
    [InlineData("0: p=X q=Y | 10: p@8=Y q@7=X", "6=p 7=q 10=q")] // the kubelet noted when
    [InlineData("0: p=X q=Y | 100: p=X q=Y | 101: q@5=X", "100=p 101=q")] // an earlier time: of another change
    [InlineData("0: p=X q=Y | 500: q@100=X", "99=p 100=q")] // the API server was unreachable
    [InlineData("0: p=X q=Y | 10: p=Y q=X", "9=p 10=q")] // they swap
    [InlineData("0: p=X q=Y | 10: p=Y q=Y | 12: p=Y q=X", "9=p 11=- 12=q")] // one after the other
    [InlineData("0: p=Y q=X | 10: p=X q=X | 12: p=X q=Y", "9=q 10=p? 11=p? 12=p")]
    [InlineData("0: p=Y q=X | 10: q=X p=X | 12: q=X p=X | 14: q=X", "9=q 10=p? 13=p? 14=q")]
    [InlineData("0: p=Y | 10: p=X", "-51=- -49=p 9=p 10=p")] // no earlier owner is known
    [InlineData("0: q=X | 100: p=Y q=X | 200: p=X", "199=q 200=p")]
    [InlineData("0: p=X | 10: p=X q^=X | 20: p=X q=X", "9=p 10=q? 25=q?")] // a newer claim is more likely to be right
    [InlineData("0: p=X q=X | 10: p=X q=X | 20: p=X", "5=p? 19=p? 20=p")]
    [InlineData("0: p=X | 10: p!=X q^=X", "9=p 10=q")] // the former owner is going
    [InlineData("0: p=X | 10: p=X q!=X", "9=p 10=p")]
    [InlineData("0: p=X | 10: p=X q=Y+X", "9=p 10=p")] // a further interface, on a network that uses the address again
    [InlineData("0: q=Y+X", "5=q")]
    [InlineData("0: q=Y+X p=Z+X", "5=p?")]
    public void An_address_has_the_owner_of_its_time(string snapshots, string owners)
    {
        foreach (bool reversed in (bool[])[false, true])
        {
            AddressTimeline timeline = Timeline(snapshots, reversed);

            Assert.Equal(owners, string.Join(' ', owners.Split(' ').Select(text => text.Split('=')[0]).Select(text =>
            {
                long time = At(int.Parse(text));
                string owner = timeline.PodAt(Web.Address, time)?.Pod ?? "-";
                return $"{text}={owner}{(timeline.IsContestedAt(Web.Address, time) ? "?" : "")}";
            })));
        }
    }

    /// <summary>
    /// The same, with the time at which the interface appeared after '~': it belongs to a pod that started before and whose
    /// address was reported after.
    /// </summary>
    [Theory]
    [InlineData("0: p=X | 10: p=X | 15: q^11=X", "12~11=q 13~-900=p 14=p")] // the API reported the change late
    [InlineData("0: p=X | 10: p!=X | 15: q^9=X", "9~-900=p 12~-900=p 12~11=q")] // packets of the former pod
    [InlineData("0: p=X | 10: p!=X", "11~-900=p 11~10=- 69~10=-")] // the next pod is not known yet
    [InlineData("0: p=X q=Y | 10: p=Y q=X", "8~7=q 8~-900=p 12~-900=p 12~8=q")] // they swap
    [InlineData("0: p=X | 50: p@49=X", "50~48=p")] // its network was set up again, with the same address
    [InlineData("0: p=X", "50~30=- 100~30=p")] // likewise, but the kubelet did not note it
    [InlineData("0: q^-900=X | 9: | 20: p^-900=X", "5~-890=q 19~10=p")] // a pod that waited long for an address
    public void The_time_at_which_the_interface_appeared_decides_between_two_pods(string snapshots, string owners)
    {
        AddressTimeline timeline = Timeline(snapshots, reversed: false);

        Assert.Equal(owners, string.Join(' ', owners.Split(' ').Select(text => text.Split('=')[0]).Select(text =>
        {
            long[] times = [.. text.Split('~').Select(seconds => At(int.Parse(seconds)))];
            return $"{text}={timeline.OwnerAt(Web.Address, times[0], times.Length > 1 ? times[1] : null)?.Pod ?? "-"}";
        })));
    }

    [Fact]
    public void Without_the_start_of_the_pods_an_interface_decides_nothing()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old), At(0)).With(With(New), At(10));

        Assert.Equal("old", timeline.OwnerAt(Web.Address, At(5), At(4))?.Pod);
        Assert.Equal("new", timeline.OwnerAt(Web.Address, At(15), At(-4))?.Pod);
    }

    private static AddressTimeline Timeline(string snapshots, bool reversed)
    {
        AddressTimeline timeline = AddressTimeline.Empty;
        foreach (string snapshot in snapshots.Split(" | "))
        {
            int seconds = int.Parse(snapshot.Split(':')[0]);
            PodObject[] pods = [.. snapshot.Split(' ')[1..].Select(text => Parse(text, seconds))];
            timeline = timeline.With(With(reversed ? [.. pods.Reverse()] : pods), At(seconds));
        }

        return timeline;
    }

    [Fact]
    public void A_pod_has_the_labels_of_the_last_snapshot()
    {
        PodObject pod = Old with { Labels = new LabelSet([KeyValuePair.Create("app", "web")]) };
        AddressTimeline before = AddressTimeline.Empty.With(With(pod), At(0));
        AddressTimeline after = before.With(With(pod with { Labels = LabelSet.Empty }), At(10));
        Assert.Equal(
            ("app=web", null),
            (before.PodAt(Web.Address, At(5))?.Labels?.ToString(), after.PodAt(Web.Address, At(15))?.Labels?.ToString()));
    }

    // NAME[!][^[SECONDS]]=[ADDRESS][+ADDRESS]
    private static PodObject Parse(string text, int seconds)
    {
        string[] sides = text.Split('='), addresses = sides[1].Split('+');
        string[] ready = sides[0].Split('@');
        string[] started = ready[0].Split('^');
        return Pod(started[0].TrimEnd('!'), "node-a", Web, "web") with
        {
            NetworkReady = ready.Length > 1 ? At(int.Parse(ready[1])) : null,
            // Of two pods in the first snapshot, p started later.
            Started = At(
                started.Length == 1 ? sides[0][0] == 'p' ? -1000 : -2000
                : started[1].Length > 0 ? int.Parse(started[1])
                : seconds),
            Deleted = sides[0].Contains('!') ? At(seconds) : null,
            Addresses = addresses[0].Length == 0 ? [] : [Of(addresses[0])],
            FurtherAddresses = [.. addresses[1..].Select(Of)],
        };

        static Address Of(string name) => (name switch { "X" => Web, "Y" => Cart, _ => OtherCart }).Address;
    }

    [Fact]
    public void Pods_that_claim_one_address_are_listed_until_one_of_them_goes()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(With(Old, New), At(0));
        Assert.Equal(["old", "new"], timeline.Contested[Web.Address].Select(pod => pod.Name));
        Assert.Empty(timeline.With(With(Old), At(10)).Contested);
        Assert.Empty(timeline.With(With(Old, New with { Finished = true }), At(10)).Contested);
    }

    [Fact]
    public void In_the_first_snapshot_a_pod_whose_start_is_not_known_has_always_had_its_address()
    {
        Assert.Equal("old", AddressTimeline.Empty.With(With(Old), At(0)).PodAt(Web.Address, 0)?.Pod);
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

    /// <summary>Whether an interface on node-b cannot lead to the address of a pod on node-a, at 200 s.</summary>
    [Theory]
    [InlineData("0: p=Y | 10: p=X", null, true)]
    [InlineData("0: p=Y | 10: p=X", 9, true)]
    [InlineData("0: p=Y | 10: p=X", 60, false)] // the interface of a pod that the API has not reported yet
    [InlineData("0: p=X", null, true)]
    [InlineData("0: p=Y | 190: p=X", null, false)]
    [InlineData("0: p=Y | 10: p=X | 190: p!=X", null, false)] // it may lose the address
    [InlineData("0: p=Y | 10: p=X | 190: p=Y", null, false)] // it has lost it
    [InlineData("0: p=Y q=Z | 10: p=X q=X", null, false)]
    [InlineData("0: p=Y q=Z | 10: p=X q=Z+X", null, false)] // networks with overlapping ranges
    public void Only_what_has_certainly_been_elsewhere_for_a_while_is_elsewhere(string snapshots, int? interfaceSince, bool expected)
    {
        long? since = interfaceSince is { } seconds ? At(seconds) : null;
        AddressTimeline timeline = Timeline(snapshots, reversed: false);
        Assert.Equal(expected, timeline.IsElsewhere(Web.Address, "node-b", At(200), since));
        Assert.False(timeline.IsElsewhere(Web.Address, "node-a", At(200), since));
        Assert.False(timeline.IsElsewhere(External.Address, "node-b", At(200), since));
    }

    [Fact]
    public void A_pod_without_a_known_start_is_not_certain_to_be_elsewhere() =>
        Assert.False(AddressTimeline.Empty.With(With(Old), At(0)).IsElsewhere(Web.Address, "node-b", At(200), null));

    private static ClusterObjects Ended(PodObject pod, long at)
    {
        var objects = new ClusterObjects();
        objects.EndedPods.Add(new EndedObject<PodObject>(pod, at));
        return objects;
    }
}
