namespace Depmap.Lab.Tests;

/// <summary>Agents that are killed and started again do not interrupt traffic, and count nothing twice.</summary>
public sealed class AgentRestartTests
{
    private const string Service = "10.96.0.20";
    private const string Stream = "10.96.0.22";
    private const int LongPort = 19_000;

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Each_connection_is_counted_once(string signal)
    {
        await using RunningLab lab = await RunningLab.UpAsync("test/Lab.Tests/tables/load.lab");
        Task<(int Responses, int LongestMs)> talk = lab.TalkAsync("client", Stream, 81, LongPort, seconds: 10, interval: 0.5);
        await lab.CallAsync("client", "tcp", Service, 80, first: 20_000, count: 100);
        await lab.FlowsAsync(count: 101);

        await lab.StopAgentsAsync(signal);
        Assert.Equal(100, (await lab.CallAsync("client", "tcp", Service, 80, first: 21_000, count: 100)).Count);
        await lab.StartAgentsAsync();
        await lab.CallAsync("client", "tcp", Service, 80, first: 22_000, count: 100);
        Assert.InRange((await talk).Responses, 15, 20);
        await lab.FlowsAsync(count: 201);
        List<FlowLine> flows = await lab.SettledFlowsAsync();

        // The connections made while no agent ran are absent; the long one continued.
        Assert.Equal(
            [LongPort, .. Enumerable.Range(20_000, 100), .. Enumerable.Range(22_000, 100)],
            flows.Select(flow => flow.Source.Port!.Value).Order());
        Assert.Equal(
            [
                "1 TCP Deployment/client -> service stream:81 at Deployment/echo FORWARDED",
                "200 TCP Deployment/client -> service echo:80 at Deployment/echo FORWARDED",
            ],
            flows.CountBy(flow => flow.ToString()).Select(kind => $"{kind.Value} {kind.Key}").Order());
        Assert.Equal(
            [
                "TCP Deployment/client -> service echo:80 200 forwarded, 0 dropped",
                "TCP Deployment/client -> service stream:81 1 forwarded, 0 dropped",
            ],
            (await lab.EdgesAsync()).Select(edge => edge.ToString()).Order());
        Assert.Matches(@"^node-[ab] was not observed for \d+ s in the last hour, node-[ab] for \d+ s\n$", lab.Notes);
    }
}
