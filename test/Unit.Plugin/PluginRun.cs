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

    /// <summary>The clock of all runs, in a zone two hours ahead of UTC.</summary>
    public static readonly TimeProvider Clock = new FixedTimeProvider();

    /// <summary>A development build, as it is tested, knows no registry. Tests that give no other variable have this one.</summary>
    private static readonly KeyValuePair<string, string> Registry = new("DEPMAP_REGISTRY", "localhost");

    public static Task<PluginRun> Of(params string[] args) => Of(args, [], output: null);

    public static async Task<PluginRun> Of(
        string[] args,
        Dictionary<string, string> variables,
        Stream? output = null,
        bool isTerminal = false,
        string startedAs = "/usr/local/bin/kubectl-depmap",
        int? width = null,
        IApiServer? server = null,
        Action<ClusterChoice>? chosen = null,
        string input = "",
        TimeSpan? slowStart = null,
        CancellationToken cancellationToken = default)
    {
        using var captured = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(
            output ?? captured, error, isTerminal, () => width, Variable, Clock)
        {
            In = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            // A test on a busy machine is not slow.
            SlowStart = slowStart ?? TimeSpan.FromMinutes(5),
        };
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

        string? Variable(string name) => variables.GetValueOrDefault(name, name == Registry.Key ? Registry.Value : null!);
    }

    private sealed class FixedTimeProvider : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } =
            TimeZoneInfo.CreateCustomTimeZone("Test", TimeSpan.FromHours(2), "Test", "Test");

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
