using System.Text.Json.Nodes;

namespace Depmap.Cluster.Tests;

/// <summary>The chart as <c>make helm-chart</c> packs it, with Helm to render it. Needs no cluster.</summary>
public sealed class PackedChart : IAsyncLifetime
{
    private string _tools = "";

    public static string Folder => Installation.File("out/chart/depmap");

    /// <summary>The objects that Helm renders without a values file.</summary>
    internal IReadOnlyList<JsonObject> Defaults { get; private set; } = [];

    public async Task InitializeAsync()
    {
        _tools = (await Run.ScriptAsync($"{Kubernetes.Scripts}/unpack helm")).Succeeded().Trim();
        await RunAsync("$ROOT/scripts/chart.sh");
        Defaults = await TemplateAsync("");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>The objects that Helm renders with a values file.</summary>
    internal async Task<IReadOnlyList<JsonObject>> TemplateAsync(string values, string arguments = "") =>
        RenderedObjects.Read(await RunAsync($"helm template eyes $CHART --kube-version 1.34.0 --values - {arguments} <<<$VALUES", values));

    /// <summary>Helm's error for a values file.</summary>
    internal Task<string> TemplateErrorAsync(string values) =>
        RunAsync("! helm template eyes $CHART --kube-version 1.34.0 --values - <<<$VALUES 2>&1", values);

    /// <summary>The objects that the plugin would apply with the same values file.</summary>
    internal async Task<IReadOnlyList<JsonObject>> InstallAsync(string values, string arguments = "") => RenderedObjects.Read(
        await RunAsync($"{Installation.Plugin} install -o yaml --dry-run=client --values /dev/stdin {arguments} <<<$VALUES", values));

    /// <summary>Runs a script with Helm in PATH, and ROOT, CHART, VALUES and a registry set.</summary>
    internal async Task<string> RunAsync(string script, string values = "")
    {
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = $"{_tools}:{Environment.GetEnvironmentVariable("PATH")}",
            ["ROOT"] = Installation.Root,
            ["CHART"] = Folder,
            ["VALUES"] = values,
            // For the chart and the plugin.
            ["REGISTRY"] = "localhost",
            ["DEPMAP_REGISTRY"] = "localhost",
        };
        return (await Run.ScriptAsync($"set -euo pipefail\n{script}", environment)).Succeeded();
    }
}
