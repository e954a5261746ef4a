using System.Globalization;
using System.Text.RegularExpressions;

namespace Depmap.Lab.Tests;

/// <summary>The relay is unreachable for a time: flows that agents can hold arrive later, once; the others are counted as lost.</summary>
public sealed partial class RelayAwayTests
{
    private const string Table = "test/Lab.Tests/tables/load.lab";
    private const string Service = "10.96.0.20";
    private static readonly string[] Agents = ["agent-node-a", "agent-node-b"];

    [Fact]
    public async Task Connections_made_while_it_is_unreachable_are_reported_once_when_it_is_back()
    {
        await using RunningLab lab = await RunningLab.UpAsync(Table);
        Task<Dictionary<int, string>> calls = lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 2000, rate: 500);
        await lab.FlowsAsync(count: 100);
        await lab.StopAsync("relay", "KILL");
        await lab.CallAsync("client", "tcp", Service, 80, first: 30_000, count: 100);
        foreach (string agent in Agents)
            await Wait.UntilAsync(() => lab.Log(agent).Any(line => line.Contains("cannot reach relay ")));
        await lab.StartAsync("relay");
        await calls;

        await lab.FlowsAsync(flows => flows.Count(IsMeanwhile) >= 100 && flows.Exists(flow => flow.Source.Port == 21_999));
        List<FlowLine> flows = await lab.SettledFlowsAsync(); // a flow that is reported twice arrives late

        Assert.Equal("", lab.Notes);
        Assert.Equal(Enumerable.Range(30_000, 100), flows.Where(IsMeanwhile).Select(flow => flow.Source.Port!.Value).Order());
        // The relay that was killed had received the earlier ones; of the later ones none is missing or there twice.
        // Only the calls of one process of call.py, even or odd ports, are in the order of their ports.
        foreach (IGrouping<int, int> process in flows.Where(flow => !IsMeanwhile(flow)).Select(flow => flow.Source.Port!.Value)
            .GroupBy(port => port % 2))
        {
            int[] ports = [.. process.Order()];
            Assert.Equal(Enumerable.Range(0, (22_001 - ports[0]) / 2).Select(call => ports[0] + (2 * call)), ports);
            Assert.InRange(ports[0], 20_000, 21_500);
        }

        foreach (string agent in Agents)
        {
            string[] uplink = [.. lab.Log(agent)
                .Where(line => line.Contains(" uplink: "))
                .Select(line => line[(line.IndexOf(": ") + 2)..])];
            Assert.Equal(3, uplink.Length);
            Assert.Equal("connected to 172.30.7.11:9471", uplink[0]);
            Assert.StartsWith("cannot reach relay 172.30.7.11:9471: ", uplink[1]);
            Assert.Matches(@"^connected to 172\.30\.7\.11:9471 again after \d+ s$", uplink[2]);
        }

        static bool IsMeanwhile(FlowLine flow) => flow.Source.Port >= 30_000;
    }

    [Fact]
    public async Task No_connection_is_counted_twice_when_the_stream_breaks_under_load()
    {
        await using RunningLab lab = await RunningLab.UpAsync(Table);
        Task<Dictionary<int, string>> calls = lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 1500, rate: 500);
        for (int i = 0; i < 3; i++)
        {
            await lab.RunAsync("node-a", """
                nft "add table inet cut
                add chain inet cut in { type filter hook input priority -10; }
                add rule inet cut in tcp dport 9471 reject with tcp reset"
                """);
            await Wait.UntilAsync(() => Count("cannot reach relay ") > i);
            await lab.RunAsync("node-a", "nft delete table inet cut");
            await Wait.UntilAsync(() => Count(" again after ") > i);
        }

        await calls;
        await lab.FlowsAsync(count: 1500);
        List<FlowLine> flows = await lab.SettledFlowsAsync();

        Assert.Contains(lab.Log("agent-node-b"), line => line.Contains("cannot reach relay "));
        Assert.Equal("", lab.Notes);
        Assert.Equal(Enumerable.Range(20_000, 1500), flows.Select(flow => flow.Source.Port!.Value).Order());
        Assert.Equal(1500, (await lab.EdgesAsync()).Sum(edge => edge.Forwarded));

        int Count(string words) => lab.Log("agent-node-b").Count(line => line.Contains(words));
    }

    /// <summary>Only the agent on its node knows the pod and the service, from the time when the connection was opened.</summary>
    [Fact]
    public async Task An_open_connection_of_a_host_network_pod_keeps_its_pod_and_service()
    {
        const string expected = "TCP DaemonSet/scraper -> service stream:81 1 forwarded, 0 dropped";
        await using RunningLab lab = await RunningLab.UpAsync(Table);
        Task<(int Responses, int LongestMs)> talk = lab.TalkAsync("scraper", "10.96.0.22", 81, 19_000, seconds: 40, interval: 0.5);
        await Wait.UntilAsync(async () => (await lab.EdgesAsync()).Exists(edge => edge.ToString() == expected));
        await lab.StopAsync("relay");
        await lab.StartAsync("relay");
        await Wait.UntilAsync(async () => (await lab.EdgesAsync()).Exists(edge => edge.ToString() == expected));

        Assert.Equal([expected], (await lab.EdgesAsync()).Select(edge => edge.ToString()));
        await talk;
    }

    [Fact]
    public async Task Each_connection_that_an_agent_has_no_room_for_is_counted_as_lost()
    {
        await using RunningLab lab = await RunningLab.UpAsync(
            Table, environment: new Dictionary<string, string> { ["DEPMAP_MAX_CONNECTIONS"] = "1024" });
        await lab.StopAsync("agent-node-b"); // so that only one agent sees each connection
        await lab.StopAsync("relay", "KILL");
        await lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 1500, rate: 1000);
        (int held, long lost) = await HeldAndLostAsync(lab, lostBefore: 0);
        long memory = Memory(lab);
        await lab.CallAsync("client", "tcp", Service, 80, first: 21_500, count: 1500, rate: 1000);
        (int heldThen, _) = await HeldAndLostAsync(lab, lost);
        long memoryThen = Memory(lab);
        await lab.StartAsync("relay");
        await lab.FlowsAsync(count: 768);
        List<FlowLine> flows = await lab.SettledFlowsAsync();

        Assert.Equal((768, 768), (held, heldThen)); // one interface may use three quarters of the table
        Assert.InRange(memoryThen - memory, long.MinValue, 8 << 10); // not yet collected
        Assert.Equal(flows.Count, flows.Select(flow => flow.Source.Port).Distinct().Count());
        Assert.InRange(flows.Count, 768, 2999);
        Assert.Equal($"lost: at most {3000 - flows.Count} connections and UDP conversations that agents had no room for\n", lab.Notes);
    }

    /// <summary>How many connections the agent holds, and how many sightings it has lost, after it has lost more than before.</summary>
    private static async Task<(int Held, long Lost)> HeldAndLostAsync(RunningLab lab, long lostBefore)
    {
        (int held, long lost) = (0, 0);
        await Wait.TryUntilAsync(async () =>
        {
            string metrics = await lab.RunAsync("node-a", "curl -sS 127.0.0.1:9472/metrics");
            held = int.Parse(ConnectionsMetric().Match(metrics).Groups[1].Value, CultureInfo.InvariantCulture);
            lost = long.Parse(LostMetric().Match(metrics).Groups[1].Value, CultureInfo.InvariantCulture);
            return lost > lostBefore;
        });
        return (held, lost);
    }

    /// <summary>Resident memory of the agent, KiB.</summary>
    private static long Memory(RunningLab lab) => long.Parse(
        Resident().Match(File.ReadAllText($"/proc/{lab.ProcessOf("agent-node-a")}/status")).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^depmap_connections (\d+)", RegexOptions.Multiline)]
    private static partial Regex ConnectionsMetric();

    [GeneratedRegex(@"^depmap_lost_total\{kind=""connections""\} (\d+)", RegexOptions.Multiline)]
    private static partial Regex LostMetric();

    [GeneratedRegex(@"^VmRSS:\s+(\d+) kB", RegexOptions.Multiline)]
    private static partial Regex Resident();
}
