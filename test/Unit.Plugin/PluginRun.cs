using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests;

/// <summary>The result of running the plugin in this process.</summary>
internal readonly record struct PluginRun(int ExitCode, string Output, string Error)
{
    /// <summary>The time of all runs.</summary>
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
        var terminal = new Terminal(output ?? captured, error, isTerminal, variables.GetValueOrDefault, new FixedTimeProvider());
        int exitCode = await CommandLine.RunAsync(
            args,
            ProgramName.FromPath(startedAs),
            (choice, _) =>
            {
                chosen?.Invoke(choice);
                return server is null ? throw new ApiException("cannot reach a cluster") : Task.FromResult(server);
            },
            new ShutdownHold(),
            terminal,
            cancellationToken);
        return new PluginRun(exitCode, Encoding.UTF8.GetString(captured.ToArray()), error.ToString());
    }

    private sealed class FixedTimeProvider : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } =
            TimeZoneInfo.CreateCustomTimeZone("Test", TimeSpan.FromHours(2), "Test", "Test");

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
