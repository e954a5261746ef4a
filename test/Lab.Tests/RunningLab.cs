using System.Diagnostics;
using System.Globalization;

namespace Depmap.Lab.Tests;

/// <summary>A running lab (test/lab) for one test. It is removed when disposed, or soon after this process ends.</summary>
internal sealed class RunningLab : IAsyncDisposable
{
    private static readonly TimeSpan ThreeScans = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, string> _environment;

    private RunningLab(IReadOnlyDictionary<string, string>? environment)
    {
        _environment = new(environment ?? new Dictionary<string, string>())
        {
            ["DEPMAP_LAB"] = Name,
            ["DEPMAP_BIN"] = Path.GetDirectoryName(Installation.Agent)!,
        };
    }

    public string Name { get; } = $"t{Guid.NewGuid().ToString("N")[..6]}";

    /// <summary>The folder of the lab's files: logs, process ids, the objects that the relay reads.</summary>
    public string State => $"/run/depmap-lab/{Name}";

    /// <summary>Starts a lab.</summary>
    /// <param name="table">The path of its table in the repository.</param>
    /// <param name="options">Options of <c>lab up</c>.</param>
    /// <param name="environment">Environment variables for the agents and the relay.</param>
    public static async Task<RunningLab> UpAsync(
        string table, string options = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new InvalidOperationException("These tests create network namespaces and load eBPF programs: run them as root.");
        _ = (Installation.Relay, Installation.Plugin);
        var lab = new RunningLab(environment);
        try
        {
            (await lab.CommandAsync($"up --owner {Environment.ProcessId} {options} {Installation.File(table)}")).Succeeded();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command of the lab; <c>test/lab/lab help</c> lists them.</summary>
    public Task<Run> CommandAsync(string command) =>
        Run.ScriptAsync($"exec {Installation.File("test/lab/lab")} {command}", _environment);

    /// <summary>Runs a script in a pod, node-a, node-b or out.</summary>
    /// <exception cref="InvalidOperationException">The script failed.</exception>
    public async Task<string> RunAsync(string place, string script) =>
        (await CommandAsync($"exec {place} bash -c '{script.Replace("'", @"'\''")}'")).Succeeded();

    /// <summary>Ends the relay or an agent by a signal, and waits for its end.</summary>
    public async Task StopAsync(string program, string signal = "TERM") =>
        (await CommandAsync($"stop {program} {signal}")).Succeeded();

    /// <summary>Starts the relay or an agent, and waits until it is ready.</summary>
    public async Task StartAsync(string program) => (await CommandAsync($"start {program}")).Succeeded();

    /// <summary>Starts both agents at once, and waits until they are ready.</summary>
    public Task StartAgentsAsync() => Task.WhenAll(StartAsync("agent-node-a"), StartAsync("agent-node-b"));

    /// <summary>Ends both agents by a signal, and waits for their end.</summary>
    public Task StopAgentsAsync(string signal = "TERM") =>
        Task.WhenAll(StopAsync("agent-node-a", signal), StopAsync("agent-node-b", signal));

    /// <summary>The lines that a program logged since its last start.</summary>
    public string[] Log(string program) => File.ReadAllLines($"{State}/log/{program}");

    /// <summary>The process id of the relay or an agent.</summary>
    public int ProcessOf(string program) =>
        int.Parse(File.ReadAllText($"{State}/pid/{program}"), CultureInfo.InvariantCulture);

    /// <summary>The flows that <c>observe -o json</c> prints.</summary>
    public async Task<List<FlowLine>> FlowsAsync(string filter = "")
    {
        Run run = await CommandAsync($"observe -o json --include-probes {filter}");
        string output = run.Succeeded();
        Notes = run.Error;
        return FlowLine.ReadAll(output);
    }

    /// <summary>What the last <c>observe</c> wrote to stderr: what was lost or not observed, or nothing.</summary>
    public string Notes { get; private set; } = "";

    /// <summary>Waits until there are as many flows as expected.</summary>
    /// <returns>The flows; fewer than expected after the timeout.</returns>
    public Task<List<FlowLine>> FlowsAsync(int count, string filter = "") => FlowsAsync(flows => flows.Count >= count, filter);

    /// <summary>Waits until the flows are as expected.</summary>
    /// <returns>The flows, also after the timeout.</returns>
    public async Task<List<FlowLine>> FlowsAsync(Predicate<List<FlowLine>> expected, string filter = "")
    {
        List<FlowLine> flows = [];
        await Wait.TryUntilAsync(async () => expected(flows = await FlowsAsync(filter)));
        return flows;
    }

    /// <summary>Waits until the map has not changed for three scans of the agents, so that nothing is on its way any more.</summary>
    /// <returns>The flows.</returns>
    public async Task<List<FlowLine>> SettledFlowsAsync()
    {
        string last = "";
        var unchanged = Stopwatch.StartNew();
        await Wait.UntilAsync(async () =>
        {
            string now = string.Join('\n', (await EdgesAsync()).Select(edge => $"{edge} {edge.BytesToServer} {edge.BytesToClient}"));
            if (now != last)
                unchanged.Restart();
            last = now;
            return unchanged.Elapsed >= ThreeScans;
        });
        return await FlowsAsync();
    }

    /// <summary>The edges of <c>map -o json</c>.</summary>
    public async Task<List<EdgeLine>> EdgesAsync(string filter = "") =>
        EdgeLine.ReadAll((await CommandAsync($"map -o json {filter}")).Succeeded());

    public async ValueTask DisposeAsync() => (await CommandAsync("down")).Succeeded();
}
