namespace Depmap.Lab.Tests;

/// <summary>A lab in which a client's calls ended in every way, one port of the client a call.</summary>
public sealed class EndsLab : IAsyncLifetime
{
    public const int Longest = 20_001, Answered = 20_002, Answered6 = 20_003, Udp = 20_004, Udp6 = 20_005, OneWay = 20_006,
        Refused = 20_007, UdpClosed = 20_008, Policy = 20_009, NoEndpoints = 20_010, UdpNoEndpoints = 20_011,
        Nobody = 20_012, Silent = 20_013;

    private Cluster lab = null!;

    /// <summary>What <c>observe</c> shows of each, by the client's port.</summary>
    internal ILookup<int, FlowLine> Flows { get; private set; } = null!;

    /// <summary>What the client was told, by its port.</summary>
    internal Dictionary<int, string> Answers { get; } = [];

    public async Task InitializeAsync()
    {
        lab = await Cluster.UpAsync("test/Lab.Tests/tables/ends.lab", "--no-agents");
        Task<(int, int)> talk = lab.TalkAsync("client", "10.96.0.23", 81, Longest, seconds: 6, every: 0.2);
        await Task.Delay(500);
        await lab.StartAsync("agent-node-a");
        await lab.StartAsync("agent-node-b");

        // The one that takes longest first.
        Task all = Task.WhenAll(
            CallAsync("tcp", "203.0.113.99", 80, Silent, patience: 4),
            CallAsync("tcp", "10.244.2.200", 80, Nobody, patience: 5),
            CallAsync("tcp", "10.96.0.22", 80, Policy, patience: 1));
        await CallAsync("tcp", "10.96.0.20", 80, Answered);
        await CallAsync("tcp", "fd00:10:96::20", 80, Answered6);
        await CallAsync("udp", "10.96.0.20", 80, Udp);
        await CallAsync("udp", "fd00:10:96::20", 80, Udp6);
        await CallAsync("say", "10.244.2.2", 514, OneWay);
        await CallAsync("tcp", "10.244.2.2", 9, Refused);
        await CallAsync("udp", "10.244.2.2", 9, UdpClosed);
        await CallAsync("tcp", "10.96.0.21", 80, NoEndpoints);
        await CallAsync("udp", "10.96.0.21", 80, UdpNoEndpoints);
        await all;
        await talk;
        Flows = (await lab.FlowsAsync(count: 13)).ToLookup(flow => flow.Source.Port ?? 0);
    }

    public Task DisposeAsync() => lab.DisposeAsync().AsTask();

    private async Task CallAsync(string protocol, string address, int port, int from, double patience = 2)
    {
        string answer = (await lab.CallAsync("client", protocol, address, port, from, patience: patience))[from];
        lock (Answers)
            Answers.Add(from, answer);
    }
}
