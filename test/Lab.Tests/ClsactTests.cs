namespace Depmap.Lab.Tests;

/// <summary>Attachment by clsact, as on kernels before 6.6: CNI plugins and others change qdiscs of the same interface.</summary>
public sealed class ClsactTests
{
    [Fact]
    public async Task A_CNI_plugin_can_add_an_ingress_qdisc_and_later_changes_of_others_are_repaired()
    {
        await using RunningLab lab = await RunningLab.UpAsync(
            "test/Lab.Tests/tables/load.lab", environment: new Dictionary<string, string> { ["DEPMAP_ATTACH"] = "clsact" });
        string device = KernelObjects.InterfaceOf("client");

        // As the bandwidth plugin does, right after it created the pod's interface. There is no pod behind this one: the test
        // is that the command does not fail, which would prevent a pod from starting.
        await lab.RunAsync(
            "node-a",
            $"ip link add young type veth peer name young-pod netns dm-{lab.Name}-client && tc qdisc add dev young ingress");
        await FiltersAsync(lab, "young", filters => filters.Contains("ingress depmap_from_pod") && !filters.Contains("egress"));
        Assert.Contains("qdisc ingress ffff:", await lab.RunAsync("node-a", "tc qdisc show dev young"));

        // A newer filter of the same priority comes before ours and keeps every packet from it.
        await lab.RunAsync("node-a", $"""
            set -e
            clang=$(command -v clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 | head -1)
            $clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu \
              -c {Installation.File("test/Lab.Tests/foreign.bpf.c")} -o {lab.State}/foreign.o
            tc filter add dev {device} ingress prio 1 bpf direct-action object-file {lab.State}/foreign.o section tc
            """);
        await FiltersAsync(lab, device, IsFirst);
        await AssertSeenAsync(lab, from: 20_000);

        await lab.RunAsync("node-a", $"tc qdisc del dev {device} clsact");
        await FiltersAsync(lab, device, filters => IsFirst(filters) && filters.Contains("egress depmap_to_pod"));
        await AssertSeenAsync(lab, from: 20_100);

        string log = string.Join('\n', lab.Log("agent-node-a"));
        Assert.Contains("receives: an ingress qdisc takes the place of clsact; what it sends is observed", log);
        Assert.Contains("again: another filter came first", log);
        Assert.Contains("again: its qdisc was removed", log);

        await lab.StopAsync("agent-node-a");
        Assert.Contains("qdisc ingress ffff:", await lab.RunAsync("node-a", "tc qdisc show dev young"));
        Assert.DoesNotContain("depmap", await ListAsync(lab, "young") + await ListAsync(lab, device));
    }

    private static bool IsFirst(string filters) => filters.StartsWith("ingress depmap_from_pod", StringComparison.Ordinal);

    private static async Task AssertSeenAsync(RunningLab lab, int from)
    {
        Dictionary<int, string> responses = await lab.CallAsync("client", "tcp", "10.96.0.20", 80, from, count: 5);
        Assert.All(responses.Values, response => Assert.StartsWith("10.244.2.", response));
        List<FlowLine> flows = await lab.FlowsAsync(all => Seen(all, from) == 5);
        Assert.Equal(5, Seen(flows, from));
    }

    private static int Seen(List<FlowLine> flows, int from) =>
        flows.Count(flow => flow.Source.Port >= from && flow.Source.Port < from + 5
            && flow.Destination.Service == "echo" && flow.Verdict == "FORWARDED");

    /// <summary>Waits until the filters of an interface are as expected.</summary>
    private static async Task FiltersAsync(RunningLab lab, string device, Predicate<string> expected)
    {
        string filters = "";
        await Wait.UntilAsync(async () => expected(filters = await ListAsync(lab, device)), () => filters);
    }

    /// <summary>The BPF filters in the order in which they run; a line has direction and name.</summary>
    private static Task<string> ListAsync(RunningLab lab, string device) => lab.RunAsync("node-a", $$"""
        if tc qdisc show dev {{device}} | grep -q clsact; then directions="ingress egress"; else directions=ingress; fi
        for direction in $directions; do
          tc filter show dev {{device}} $direction | sed -nE "s/.* handle 0x[0-9a-f]+ ([^ ]+).*/$direction \1/p"
        done
        """);
}
