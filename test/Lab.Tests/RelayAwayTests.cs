using System.Globalization;
using System.Text.RegularExpressions;

namespace Depmap.Lab.Tests;

/// <summary>The relay goes away while traffic runs: what the agents could hold arrives later, once; the rest is counted.</summary>
public sealed partial class RelayAwayTests
{
    private const string Table = "test/Lab.Tests/tables/load.lab";
    private const string Service = "10.96.0.20";

    [Fact]
    public async Task Connections_made_while_it_is_away_are_shown_once_when_it_is_back()
    {
        await using Cluster lab = await Cluster.UpAsync(Table);
        Task<Dictionary<int, string>> calls = lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 2000, rate: 500);
        await Task.Delay(1000);
        await lab.StopAsync("relay", "KILL");
        await lab.CallAsync("client", "tcp", Service, 80, first: 30_000, count: 100);
        await Task.Delay(500);
        await lab.StartAsync("relay");
        await calls;

        await lab.FlowsAsync(flows => flows.Count(IsMeanwhile) >= 100 && flows.Exists(flow => flow.Source.Port == 21_999));
        await Task.Delay(TimeSpan.FromSeconds(3)); // what is told twice comes late
        List<FlowLine> flows = await lab.FlowsAsync();

        Assert.Equal("", lab.Lost);
        Assert.Equal(Enumerable.Range(30_000, 100), flows.Where(IsMeanwhile).Select(flow => flow.Source.Port!.Value).Order());
        // The relay that was killed knew those before; of those since, none lacks and none is there twice.
        int[] ports = [.. flows.Where(flow => !IsMeanwhile(flow)).Select(flow => flow.Source.Port!.Value).Order()];
        Assert.Equal(Enumerable.Range(ports[0], 22_000 - ports[0]), ports);
        Assert.InRange(ports[0], 20_000, 20_900);
        foreach (string agent in (string[])["agent-node-a", "agent-node-b"])
        {
            string[] uplink = [.. lab.Log(agent).Where(line => line.Contains(" uplink: ")).Select(line => line[(line.IndexOf(": ") + 2)..])];
            Assert.Equal(3, uplink.Length);
            Assert.Equal("connected to 172.30.7.11:9471", uplink[0]);
            Assert.StartsWith("cannot reach relay 172.30.7.11:9471: ", uplink[1]);
            Assert.Matches(@"^connected to 172\.30\.7\.11:9471 again, after \d+ s$", uplink[2]);
        }

        static bool IsMeanwhile(FlowLine flow) => flow.Source.Port >= 30_000;
    }

    [Fact]
    public async Task A_stream_that_breaks_under_load_makes_no_connection_count_twice()
    {
        await using Cluster lab = await Cluster.UpAsync(Table);
        Task<Dictionary<int, string>> calls = lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 1500, rate: 500);
        for (int i = 0; i < 3; i++)
        {
            await Task.Delay(500);
            await lab.RunAsync("node-a", "nft \"table inet cut { chain in { type filter hook input priority -10; tcp dport 9471 reject with tcp reset; }; }\"");
            await Task.Delay(200);
            await lab.RunAsync("node-a", "nft delete table inet cut");
        }

        await calls;
        await lab.FlowsAsync(count: 1500);
        await Task.Delay(TimeSpan.FromSeconds(3));
        List<FlowLine> flows = await lab.FlowsAsync();

        Assert.Contains(lab.Log("agent-node-b"), line => line.Contains("cannot reach relay "));
        Assert.Equal("", lab.Lost);
        Assert.Equal(Enumerable.Range(20_000, 1500), flows.Select(flow => flow.Source.Port!.Value).Order());
        Assert.Equal(1500, (await lab.EdgesAsync()).Sum(edge => edge.Forwarded));
    }

    [Fact]
    public async Task What_an_agent_cannot_hold_meanwhile_is_counted_as_lost_to_the_last_one()
    {
        await using Cluster lab = await Cluster.UpAsync(
            Table, environment: new Dictionary<string, string> { ["DEPMAP_MAX_CONNECTIONS"] = "1024" });
        await lab.StopAsync("agent-node-b"); // one agent sees each connection, once
        await lab.StopAsync("relay", "KILL");
        await lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 1500, rate: 1000);
        (long full, int held) = (Memory(lab), await HeldAsync(lab));
        await lab.CallAsync("client", "tcp", Service, 80, first: 21_500, count: 1500, rate: 1000);
        (long fuller, int heldThen) = (Memory(lab), await HeldAsync(lab));
        await lab.StartAsync("relay");
        await lab.FlowsAsync(count: 1024);
        await Task.Delay(TimeSpan.FromSeconds(3));
        List<FlowLine> flows = await lab.FlowsAsync();

        Assert.Equal((1024, 1024), (held, heldThen));
        Assert.InRange(fuller - full, long.MinValue, 8 << 10); // what the collector has not yet swept
        Assert.Equal(flows.Count, flows.Select(flow => flow.Source.Port).Distinct().Count());
        Assert.InRange(flows.Count, 1024, 2999);
        Assert.Equal($"lost: {3000 - flows.Count} sightings that agents could not hold for the relay\n", lab.Lost);
    }

    /// <summary>Connections that the agent holds, as it tells itself.</summary>
    private static async Task<int> HeldAsync(Cluster lab)
    {
        await Task.Delay(1100); // it tells once a second
        return int.Parse(await lab.RunAsync("node-a", "curl -sS 127.0.0.1:9472/metrics | sed -n \"s/^depmap_connections //p\""));
    }

    /// <summary>Resident memory of the agent, KiB.</summary>
    private static long Memory(Cluster lab) => long.Parse(
        Resident().Match(File.ReadAllText($"/proc/{lab.ProcessOf("agent-node-a")}/status")).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^VmRSS:\s+(\d+) kB", RegexOptions.Multiline)]
    private static partial Regex Resident();
}
