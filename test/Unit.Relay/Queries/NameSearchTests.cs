using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Queries;
using Depmap.Relay.Tests.Names;
using Depmap.Relay.Tests.Running;
using Depmap.V1;

namespace Depmap.Relay.Tests.Queries;

public class NameSearchTests
{
    public static TheoryData<NamesRequest, string> Requests => new()
    {
        { Request(""), """
            Namespace kube-system, Namespace shop, Service kube-system/kube-dns, Service shop/cart, Service shop/empty,
            Workload kube-system/dns Deployment, Workload shop/cart Deployment, Workload shop/far Deployment,
            Workload shop/web Deployment, Pod kube-system/dns-6b7-aaa, Pod shop/cart-7c9-q1z, Pod shop/far-abc-zzz,
            Pod shop/web-5d8f-x2x, Node node-a, Node node-b, Node node-c
            """ },
        { Request("ca", NameKind.Service), "Service shop/cart" },
        { Request("shop/", NameKind.Service), "Service shop/cart, Service shop/empty" },
        { Request("shop/e", NameKind.Service), "Service shop/empty" },
        { Request("sho", NameKind.Service), "Service shop/cart, Service shop/empty" },
        { Request("shop/cart/", NameKind.Service), "" },
        { Request("shop/web", NameKind.Pod, NameKind.Workload), "Workload shop/web Deployment, Pod shop/web-5d8f-x2x" },
        { Request("CA", NameKind.Service), "" },
        { Request("node-b", NameKind.Node), "Node node-b" },
        { new NamesRequest { Limit = 9, Kinds = { NameKind.Service }, Namespaces = { "kube-system" } }, "Service kube-system/kube-dns" },
        { new NamesRequest { Limit = 9, Kinds = { NameKind.Workload }, WorkloadKind = "StatefulSet" }, "" },
        { new NamesRequest { Limit = 9, Prefix = "web", WorkloadKind = "Deployment" }, """
            Workload shop/web Deployment, Pod shop/web-5d8f-x2x
            """ },
        { new NamesRequest { Limit = 2, Kinds = { NameKind.Node } }, "Node node-a, Node node-b, more" },
        { new NamesRequest { Limit = 3, Kinds = { NameKind.Node } }, "Node node-a, Node node-b, Node node-c" },
        { new NamesRequest { Kinds = { NameKind.Node } }, "more" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void It_finds_what_starts_with_the_prefix(NamesRequest request, string names) =>
        Assert.Equal(names.ReplaceLineEndings(" ").Trim(), Describe(NameSearch.Find(TestCluster.CreateNames().Known, request)));

    [Fact]
    public void A_pod_without_a_controller_is_a_workload_and_a_finished_pod_is_no_pod()
    {
        var objects = new ClusterObjects
        {
            Pods =
            {
                TestCluster.Pod("lone", "node-a", TestCluster.Web, "x") with { Controller = null },
                TestCluster.Pod("done", "node-a", TestCluster.Cart, "batch") with { Finished = true },
            },
        };
        Assert.Equal(
            "Workload shop/batch Deployment, Workload shop/lone Pod, Pod shop/lone",
            Describe(NameSearch.Find(
                ClusterNames.Empty.With(objects, 0).Known, Request("", NameKind.Workload, NameKind.Pod))));
    }

    [Fact]
    public void A_reader_gets_no_more_than_the_limit()
    {
        var objects = new ClusterObjects();
        for (int i = 0; i <= NameSearch.MaxNames; i++)
            objects.Pods.Add(TestCluster.Pod($"p{i}", "node-a", TestCluster.Web, "web"));
        NamesResponse all = NameSearch.Find(
            new KnownNames(objects), new NamesRequest { Limit = uint.MaxValue, Kinds = { NameKind.Pod } });
        Assert.Equal((NameSearch.MaxNames, true), (all.Names.Count, all.Truncated));
    }

    [Fact]
    public async Task The_relay_answers_with_its_current_names()
    {
        await using RunningRelay relay = await RunningRelay.Start();
        NamesResponse services = await relay.Queries.NamesAsync(Request("ca", NameKind.Service));
        Assert.Equal("Service shop/cart", Describe(services));
    }

    private static NamesRequest Request(string prefix, params NameKind[] kinds) =>
        new() { Prefix = prefix, Limit = 100, Kinds = { kinds } };

    private static string Describe(NamesResponse response) => string.Join(
        ", ",
        response.Names.Select(name => $"{name.Kind} {name.Namespace}{(name.Namespace.Length > 0 ? "/" : "")}{name.Name} "
            .TrimEnd() + $" {name.WorkloadKind}".TrimEnd()).Concat(response.Truncated ? ["more"] : []));
}
