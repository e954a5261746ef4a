using Depmap.Relay.Names;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Tests.Names;

public class WorkloadNamesTests
{
    private static readonly ClusterObjects Objects = new()
    {
        Owners =
        {
            [new("ReplicaSet", "shop", "web-5d8f")] = new("Deployment", "web"),
            [new("ReplicaSet", "shop", "lone")] = null,
            [new("ReplicaSet", "shop", "canary-1")] = new("Rollout", "canary"),
            [new("Job", "shop", "nightly-123")] = new("CronJob", "nightly"),
            [new("StatefulSet", "shop", "redis")] = null,
            [new("Ring", "shop", "a")] = new("Ring", "b"),
            [new("Ring", "shop", "b")] = new("Ring", "a"),
        },
    };

    [Theory]
    [InlineData(null, null, null, "Pod/p")]
    [InlineData("ReplicaSet", "web-5d8f", "5d8f", "Deployment/web")]
    [InlineData("ReplicaSet", "lone", null, "ReplicaSet/lone")]
    [InlineData("ReplicaSet", "canary-1", "1", "Rollout/canary")]
    [InlineData("ReplicaSet", "gone-7c9", "7c9", "Deployment/gone")]
    [InlineData("ReplicaSet", "gone-7c9", "other", "ReplicaSet/gone-7c9")]
    [InlineData("ReplicaSet", "gone-7c9", null, "ReplicaSet/gone-7c9")]
    [InlineData("Job", "nightly-123", null, "CronJob/nightly")]
    [InlineData("Job", "once", null, "Job/once")]
    [InlineData("StatefulSet", "redis", null, "StatefulSet/redis")]
    [InlineData("DaemonSet", "proxy", "5d8f", "DaemonSet/proxy")]
    [InlineData("Ring", "a", null, "Ring/a")]
    public void A_pod_belongs_to_its_top_level_controller(string? kind, string? name, string? hash, string workload)
    {
        var pod = new PodObject
        {
            Id = "1",
            Namespace = "shop",
            Name = "p",
            Controller = kind is null ? null : new OwnerReference(kind, name!),
            TemplateHash = hash,
        };
        Assert.Equal(workload, WorkloadNames.GetWorkload(pod, Objects));
    }
}
