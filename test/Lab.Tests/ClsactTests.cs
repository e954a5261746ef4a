namespace Depmap.Lab.Tests;

/// <summary>By clsact, as on kernels before 6.6: the interface's place for qdiscs is shared with CNI plugins and others.</summary>
public sealed class ClsactTests
{
    [Fact]
    public async Task A_new_pods_ingress_qdisc_succeeds_and_what_others_do_later_is_put_right()
    {
        await using Cluster lab = await Cluster.UpAsync(
            "test/Lab.Tests/tables/load.lab", environment: new Dictionary<string, string> { ["DEPMAP_ATTACH"] = "clsact" });
        string device = KernelObjects.InterfaceOf("client");

        // As the bandwidth plugin does, in the same moment in which the pod's interface is made. Without a pod behind it:
        // what counts is that it does not fail, which would stop a pod.
        await lab.RunAsync("node-a", "ip link add young type veth peer name young-pod netns dm-" + lab.Name + "-client && tc qdisc add dev young ingress");
        Assert.True(await FiltersAsync(lab, "young", filters => filters.Contains("ingress depmap_from_pod") && !filters.Contains("egress")));
        Assert.Contains("qdisc ingress ffff:", await lab.RunAsync("node-a", "tc qdisc show dev young"));

        // Another program's filter of the same priority, newer and so before ours, keeps every packet from it.
        await lab.RunAsync("node-a", $"""
            set -e
            clang=$(command -v clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 | head -1)
            $clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu \
              -c {Installation.File("test/Lab.Tests/foreign.bpf.c")} -o {lab.State}/foreign.o
            tc filter add dev {device} ingress prio 1 bpf direct-action object-file {lab.State}/foreign.o section tc
            """);
        Assert.True(await FiltersAsync(lab, device, IsFirst));
        await AssertSeenAsync(lab, from: 20_000);

        await lab.RunAsync("node-a", $"tc qdisc del dev {device} clsact");
        Assert.True(await FiltersAsync(lab, device, filters => IsFirst(filters) && filters.Contains("egress depmap_to_pod")));
        await AssertSeenAsync(lab, from: 20_100);

        string log = string.Join('\n', lab.Log("agent-node-a"));
        Assert.Contains("receives: an ingress qdisc stands where clsact would; what it sends is observed", log);
        Assert.Contains("again: another filter came first", log);
        Assert.Contains("again: its qdisc was removed", log);

        await lab.StopAsync("agent-node-a");
        Assert.Contains("qdisc ingress ffff:", await lab.RunAsync("node-a", "tc qdisc show dev young"));
        Assert.DoesNotContain("depmap", await ListAsync(lab, "young") + await ListAsync(lab, device));
    }

    private static bool IsFirst(string filters) => filters.StartsWith("ingress depmap_from_pod", StringComparison.Ordinal);

    private static async Task AssertSeenAsync(Cluster lab, int from)
    {
        Assert.All((await lab.CallAsync("client", "tcp", "10.96.0.20", 80, from, count: 5)).Values, answer => Assert.StartsWith("10.244.2.", answer));
        List<FlowLine> flows = await lab.FlowsAsync(all => Seen(all, from) == 5);
        Assert.Equal(5, Seen(flows, from));
    }

    private static int Seen(List<FlowLine> flows, int from) =>
        flows.Count(flow => flow.Source.Port >= from && flow.Source.Port < from + 5 && flow.Destination.Service == "echo" && flow.Verdict == "FORWARDED");

    private static Task<bool> FiltersAsync(Cluster lab, string device, Predicate<string> expected) =>
        Wait.TryUntilAsync(async () => expected(await ListAsync(lab, device)));

    /// <summary>The BPF filters in the order in which they run: direction and name a line.</summary>
    private static Task<string> ListAsync(Cluster lab, string device) => lab.RunAsync("node-a", $$"""
        if tc qdisc show dev {{device}} | grep -q clsact; then directions="ingress egress"; else directions=ingress; fi
        for direction in $directions; do
          tc filter show dev {{device}} $direction | sed -nE "s/.* handle 0x[0-9a-f]+ ([^ ]+).*/$direction \1/p"
        done
        """);
}
