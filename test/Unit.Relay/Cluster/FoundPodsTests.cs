using Depmap.Relay.Cluster;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>Pods that were asked for individually.</summary>
public class FoundPodsTests
{
    private const long Now = 1_000 * UnixTime.Second;
    private static readonly PodObject Found = Pod("found", "node-a", Web, "web");

    private readonly FoundPods _found = new();

    [Fact]
    public void A_found_pod_is_used_until_the_watch_has_it()
    {
        Assert.False(_found.Add([], Now));
        Assert.True(_found.Add([Found], Now));
        Assert.Equal(["found"], Pods(new ClusterObjects()));
        Assert.Equal(["found"], Pods(new ClusterObjects { Pods = { Found } }));
        Assert.Empty(Pods(new ClusterObjects()));
    }

    [Fact]
    public void A_found_pod_that_the_watch_never_brings_is_dropped()
    {
        _found.Add([Found], Now);
        // The names may not be updated before.
        Assert.Equal(["found"], Pods(new ClusterObjects(), Now + FoundPods.Lifetime));
        Assert.Equal(["found"], Pods(new ClusterObjects(), Now + (2 * FoundPods.Lifetime) - 1));
        Assert.Empty(Pods(new ClusterObjects(), Now + (2 * FoundPods.Lifetime)));
    }

    [Fact]
    public void A_response_that_is_older_than_the_pods_deletion_does_not_bring_it_back()
    {
        AddressTimeline timeline = AddressTimeline.Empty.With(new ClusterObjects { Pods = { Found } }, 0).With(new ClusterObjects(), 5);
        _found.Add([Found], Now);
        Assert.Empty(Pods(new ClusterObjects(), timeline: timeline));
    }

    [Fact]
    public void A_pod_that_had_finished_when_it_was_found_has_ended()
    {
        _found.Add([Found with { Finished = true }], Now);
        var objects = new ClusterObjects();
        Assert.Empty(Pods(objects));
        Assert.Equal("found", Assert.Single(objects.EndedPods).Object.Name);
    }

    private IEnumerable<string> Pods(ClusterObjects objects, long now = Now, AddressTimeline? timeline = null)
    {
        _found.AddTo(objects, timeline ?? AddressTimeline.Empty, now);
        return objects.Pods.Select(pod => pod.Name);
    }
}
