namespace Depmap.Lab.Tests;

/// <summary>An agent that ends leaves nothing in the kernel, and does not affect the eBPF programs of others.</summary>
public sealed class CleanUpTests
{
    private static readonly (string Node, string[] Pods)[] PodsOf = [("node-a", ["client"]), ("node-b", ["one", "two"])];

    [Theory]
    [InlineData("tcx")]
    [InlineData("clsact")]
    public async Task Nothing_is_left_and_no_packet_is_lost_to_the_programs_of_others(string mode)
    {
        await using Cluster lab = await Cluster.UpAsync(
            "test/Lab.Tests/tables/load.lab", "--no-agents", new Dictionary<string, string> { ["DEPMAP_ATTACH"] = mode });
        string device = KernelObjects.InterfaceOf("client");
        // A program of somebody else is there first: it counts the calls and their responses.
        await lab.RunAsync("node-a", $"""
            set -e
            clang=$(command -v clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 | head -1)
            $clang -g -O2 -target bpf -idirafter /usr/include/$(uname -m)-linux-gnu \
              -c {Installation.File("test/Lab.Tests/foreign.bpf.c")} -o {lab.State}/foreign.o
            tc qdisc add dev {device} clsact
            tc filter add dev {device} ingress prio 100 bpf direct-action object-file {lab.State}/foreign.o section tc
            tc filter add dev {device} egress prio 100 bpf direct-action object-file {lab.State}/foreign.o section tc
            """);
        List<KernelObjects> ours = [];

        int answered = await CallAsync(lab, 20_000, 20);
        await lab.StartAgentsAsync();
        ours.AddRange(await AttachedOnceAsync(lab, mode));
        answered += await CallAsync(lab, 21_000, 20);

        // Calls go on while agents are killed and started again.
        Task<int> calls = CallAsync(lab, 22_000, 300);
        await MoreCallsAsync(lab, device);
        await lab.StopAgentsAsync("KILL");
        if (mode == "clsact")
            Assert.Contains("depmap_from_pod", await FiltersAsync(lab, "node-a")); // which the next start has to find
        await lab.StartAgentsAsync();
        answered += await calls;
        ours.AddRange(await AttachedOnceAsync(lab, mode));

        await lab.StopAgentsAsync();
        answered += await CallAsync(lab, 23_000, 20);

        Assert.Equal(360, answered);
        foreach (string node in (string[])["node-a", "node-b"])
        {
            Assert.Equal("", await TcxAsync(lab, node));
            Assert.DoesNotContain("depmap", await FiltersAsync(lab, node));
            Assert.DoesNotContain("_pod", await lab.RunAsync(node, "bpftool net"));
        }

        foreach (KernelObjects objects in ours)
            Assert.Equal("", await objects.LeftAsync());
        int[] seenByTheirs = await TheirCountsAsync(lab, device);
        Assert.Equal([360, 360], seenByTheirs);
        // Their qdisc stays, ours are gone.
        string[] qdiscs = (await lab.RunAsync("node-a", "tc qdisc show")).Split('\n');
        Assert.Contains($"dev {device}", Assert.Single(qdiscs, line => line.Contains("clsact")));
        Assert.DoesNotContain("clsact", await lab.RunAsync("node-b", "tc qdisc show"));
    }

    /// <returns>The number of calls that were answered.</returns>
    private static async Task<int> CallAsync(Cluster lab, int first, int count) =>
        (await lab.CallAsync("client", "udp", "10.96.0.20", 80, first, count, rate: 100)).Values
            .Count(response => response.StartsWith("10.244.2.", StringComparison.Ordinal));

    /// <summary>Waits until the foreign program has counted further calls.</summary>
    private static async Task MoreCallsAsync(Cluster lab, string device)
    {
        int before = (await TheirCountsAsync(lab, device))[0];
        await Wait.UntilAsync(async () => (await TheirCountsAsync(lab, device))[0] > before + 10);
    }

    /// <summary>
    /// Checks that each pod's interface has our two programs once, and that there are two further links: to the tracepoints.
    /// </summary>
    private static async Task<KernelObjects[]> AttachedOnceAsync(Cluster lab, string mode)
    {
        List<KernelObjects> ours = [];
        foreach ((string node, string[] pods) in PodsOf)
        {
            KernelObjects objects = KernelObjects.Of(lab, $"agent-{node}");
            Assert.Equal(mode == "tcx" ? (2 * pods.Length) + 2 : 2, objects.Links.Count);
            string[] expected = [.. pods.Select(KernelObjects.InterfaceOf)
                .SelectMany(device => new[] { $"{device} egress", $"{device} ingress" }).Order()];
            string[] byTcx = Ends(await TcxAsync(lab, node), "");
            string[] byFilter = Ends(await FiltersAsync(lab, node), " depmap_");
            Assert.Equal(mode == "tcx" ? expected : [], byTcx);
            Assert.Equal(mode == "tcx" ? [] : expected, byFilter);
            ours.Add(objects);
        }

        return [.. ours];
    }

    /// <summary>Interface and direction (the first two words) of the lines that contain a text.</summary>
    private static string[] Ends(string listing, string text) =>
        [.. listing.Split('\n')
            .Where(line => line.Length > 0 && line.Contains(text))
            .Select(line => string.Join(' ', line.Split(' ').Take(2)))
            .Order()];

    /// <summary>All programs attached by tcx on a node: a line has interface, direction and id.</summary>
    private static Task<string> TcxAsync(Cluster lab, string node) =>
        lab.RunAsync(node, $"python3 -B {Installation.File("test/Lab.Tests/tcx.py")}");

    /// <summary>All tc filters of a node; each line begins with interface and direction.</summary>
    private static Task<string> FiltersAsync(Cluster lab, string node) => lab.RunAsync(node, """
        for device in /sys/class/net/*; do
          for direction in ingress egress; do
            tc filter show dev ${device##*/} $direction 2>/dev/null | sed "s/^/${device##*/} $direction /"
          done
        done
        """);

    /// <summary>The packets that the foreign program counted, at ingress and at egress.</summary>
    private static async Task<int[]> TheirCountsAsync(Cluster lab, string device)
    {
        string counts = await lab.RunAsync("node-a", $$"""
            set -e
            for direction in ingress egress; do
              program=$(tc filter show dev {{device}} $direction | sed -n "s/.*foreign.* id \([0-9]*\) .*/\1/p")
              map=$(bpftool -j prog show id $program | jq ".map_ids[0]")
              bpftool -j map dump id $map | jq ".[0].formatted.value[\".bss\"][0].packets"
            done
            """);
        return [.. counts.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
    }
}
