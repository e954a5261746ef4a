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
    [InlineData("ReplicationController", "old", null, "ReplicationController/old")]
    [InlineData("Node", "cp-1", null, "Pod/p")]
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

    [Theory]
    [InlineData("kube-apiserver-cp-1", "cp-1", "Pod/kube-apiserver")]
    [InlineData("kube-apiserver-cp-2", "cp-2", "Pod/kube-apiserver")]
    [InlineData("etcd-cp-1.example.com", "CP-1.example.com", "Pod/etcd")]
    [InlineData("odd", "cp-1", "Pod/odd")]
    public void A_static_pod_is_named_without_its_node(string name, string node, string workload)
    {
        var pod = new PodObject { Id = "1", Namespace = "kube-system", Name = name, Node = node, Controller = new("Node", node) };
        Assert.Equal(workload, WorkloadNames.GetWorkload(pod, new ClusterObjects()));
    }

    [Theory]
    [InlineData("front-3", "front", "DeploymentConfig/front")]
    [InlineData("front-3", "fro", "ReplicationController/front-3")]
    [InlineData("front-3", null, "ReplicationController/front-3")]
    public void A_pod_of_OpenShift_belongs_to_its_DeploymentConfig(string controller, string? config, string workload)
    {
        var pod = new PodObject
        {
            Id = "1",
            Namespace = "shop",
            Name = "p",
            Controller = new("ReplicationController", controller),
            DeploymentConfig = config,
        };
        Assert.Equal(workload, WorkloadNames.GetWorkload(pod, new ClusterObjects()));
    }

    [Theory]
    [InlineData("ReplicaSet", "canary-1", "1", "Rollout/canary", false)] // its name and the hash would say Deployment
    [InlineData("Job", "nightly-123", null, "CronJob/nightly", false)]
    [InlineData("StatefulSet", "redis", null, "StatefulSet/redis", true)] // --cascade=orphan removes the reference
    [InlineData("ReplicaSet", "web-5d8f", "5d8f", "Deployment/web", true)]
    public void A_pod_keeps_its_workload_when_controllers_are_deleted(string kind, string name, string? hash, string workload, bool orphan)
    {
        var pod = new PodObject
        {
            Id = "1",
            Namespace = "shop",
            Name = "p",
            Addresses = [TestCluster.Web.Address],
            Controller = new OwnerReference(kind, name),
            TemplateHash = hash,
        };
        var before = new ClusterObjects { Pods = { pod } };
        foreach ((WorkloadId id, OwnerReference? parent) in Objects.Owners)
            before.Owners.Add(id, parent);
        ClusterNames names = ClusterNames.Empty.With(before, 0);
        for (int i = 1; i <= 3; i++)
        {
            names = names.With(new ClusterObjects { Pods = { orphan ? pod with { Controller = null } : pod } }, i);
            Assert.Equal(workload, names.Addresses.OwnerAt(TestCluster.Web.Address, i)?.Workload);
        }

        // Adopted by another ReplicaSet, and by one of a Deployment.
        names = names.With(new ClusterObjects { Pods = { pod with { Controller = new("ReplicaSet", "lone") } } }, 4);
        Assert.Equal("ReplicaSet/lone", names.Addresses.OwnerAt(TestCluster.Web.Address, 4)?.Workload);
        names = names.With(new ClusterObjects
        {
            Pods = { pod with { Controller = new("ReplicaSet", "new-1") } },
            Owners = { [new("ReplicaSet", "shop", "new-1")] = new("Deployment", "new") },
        }, 5);
        Assert.Equal("Deployment/new", names.Addresses.OwnerAt(TestCluster.Web.Address, 5)?.Workload);
    }
}
