using System.Globalization;

namespace Depmap.Lab.Tests;

/// <summary>A running lab of a test's own (test/lab): gone when disposed, or soon after this process dies.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;

    private Cluster(IReadOnlyDictionary<string, string>? environment)
    {
        _environment = new(environment ?? new Dictionary<string, string>())
        {
            ["DEPMAP_LAB"] = Name,
            ["DEPMAP_BIN"] = Path.GetDirectoryName(Installation.Agent)!,
        };
    }

    public string Name { get; } = $"t{Guid.NewGuid().ToString("N")[..6]}";

    /// <summary>The lab's files: logs, pids, the objects that the relay reads.</summary>
    public string State => $"/run/depmap-lab/{Name}";

    /// <summary>Starts a lab.</summary>
    /// <param name="table">Its table, from the root of the repository.</param>
    /// <param name="options">Options of <c>lab up</c>.</param>
    /// <param name="environment">Variables for the agents and the relay.</param>
    public static async Task<Cluster> UpAsync(
        string table, string options = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new InvalidOperationException("These tests make network namespaces and load eBPF programs: run them as root.");
        _ = (Installation.Relay, Installation.Plugin);
        var lab = new Cluster(environment);
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

    /// <summary>A lab command, as <c>test/lab/lab help</c> lists them.</summary>
    public Task<Run> CommandAsync(string command) => Run.ScriptAsync($"exec {Installation.File("test/lab/lab")} {command}", _environment);

    /// <summary>Runs a script in a pod, node-a, node-b or out; fails where it fails.</summary>
    public async Task<string> RunAsync(string place, string script) =>
        (await CommandAsync($"exec {place} bash -c '{script.Replace("'", @"'\''")}'")).Succeeded();

    public async Task StopAsync(string program, string signal = "TERM") => (await CommandAsync($"stop {program} {signal}")).Succeeded();

    public async Task StartAsync(string program) => (await CommandAsync($"start {program}")).Succeeded();

    /// <summary>What a program wrote to its log since its last start.</summary>
    public string[] Log(string program) => File.ReadAllLines($"{State}/log/{program}");

    public int ProcessOf(string program) => int.Parse(File.ReadAllText($"{State}/pid/{program}"), CultureInfo.InvariantCulture);

    /// <summary>What the relay's ring holds, as <c>observe -o json</c> prints it.</summary>
    public async Task<List<FlowLine>> FlowsAsync(string filter = "")
    {
        Run run = await CommandAsync($"observe -o json {filter}");
        string output = run.Succeeded();
        Lost = run.Error;
        return FlowLine.ReadAll(output);
    }

    /// <summary>What <c>observe</c> last said on stderr: the line of what was lost, if anything.</summary>
    public string Lost { get; private set; } = "";

    /// <summary>The flows, once there are as many as expected; after 15 s those that there are.</summary>
    public Task<List<FlowLine>> FlowsAsync(int count, string filter = "") => FlowsAsync(flows => flows.Count >= count, filter);

    /// <summary>The flows, once they are as expected; after 15 s those that there are.</summary>
    public async Task<List<FlowLine>> FlowsAsync(Predicate<List<FlowLine>> expected, string filter = "")
    {
        List<FlowLine> flows = [];
        await Wait.TryUntilAsync(async () => expected(flows = await FlowsAsync(filter)));
        return flows;
    }

    /// <summary>The edges of <c>map -o json</c>.</summary>
    public async Task<List<EdgeLine>> EdgesAsync(string filter = "") =>
        EdgeLine.ReadAll((await CommandAsync($"map -o json {filter}")).Succeeded());

    public async ValueTask DisposeAsync() => (await CommandAsync("down")).Succeeded();
}
