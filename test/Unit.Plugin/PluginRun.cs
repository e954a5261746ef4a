using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests;

/// <summary>What one run of the plugin, in this process, left behind.</summary>
internal readonly record struct PluginRun(int ExitCode, string Output, string Error)
{
    /// <summary>The clock of all runs.</summary>
    public static readonly DateTimeOffset Now = new(2026, 5, 4, 10, 15, 0, TimeSpan.Zero);

    public static Task<PluginRun> Of(params string[] args) => Of(args, [], output: null);

    public static async Task<PluginRun> Of(
        string[] args,
        Dictionary<string, string> variables,
        Stream? output = null,
        bool isTerminal = false,
        string startedAs = "/usr/local/bin/kubectl-depmap",
        IApiServer? server = null,
        Action<ClusterChoice>? chosen = null,
        CancellationToken cancellationToken = default)
    {
        using var captured = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output ?? captured, error, isTerminal, variables.GetValueOrDefault, new StoppedClock());
        int exitCode = await CommandLine.RunAsync(
            args, startedAs,
            (choice, _) =>
            {
                chosen?.Invoke(choice);
                return server is null ? throw new ApiException("cannot reach a cluster") : Task.FromResult(server);
            },
            new Farewell(), terminal, cancellationToken);
        return new PluginRun(exitCode, Encoding.UTF8.GetString(captured.ToArray()), error.ToString());
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } =
            TimeZoneInfo.CreateCustomTimeZone("Test", TimeSpan.FromHours(2), "Test", "Test");

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
