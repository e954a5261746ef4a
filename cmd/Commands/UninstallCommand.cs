using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Takes Depmap out of the cluster.</summary>
internal sealed class UninstallCommand : Command
{
    private readonly Option<string> space = new("--namespace", "-n")
    {
        HelpName = "NAME",
        Description = "Where to look, if you may not look everywhere. (default depmap)",
        DefaultValueFactory = _ => new InstallValues().Namespace,
    };

    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Only print what would be deleted." };

    private readonly Option<bool> noWait = new("--no-wait") { Description = "End once everything is asked to go." };

    private readonly Option<TimeSpan> timeout = TypedOption.One(
        ["--timeout"], "DURATION", "How long to wait until all is gone. (default 2m)", Duration.Read, TimeSpan.FromMinutes(2));

    private readonly OpenApiServer open;
    private readonly Terminal terminal;

    public UninstallCommand(string program, OpenApiServer open, Terminal terminal)
        : base(
            "uninstall",
            $"""
            Take Depmap out of the cluster, without a trace.

            Deletes what install has labelled, and nothing else. A namespace that holds anything else stays.

            Examples:
              # See first what would be deleted
              {program} uninstall --dry-run

              {program} uninstall
            """)
    {
        this.open = open;
        this.terminal = terminal;
        foreach (Option option in (Option[])[space, dryRun, noWait, timeout])
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        IApiServer server = await open(parse, cancellation);
        var values = new InstallValues { Namespace = parse.GetValue(space)! };
        bool isDry = parse.GetValue(dryRun);
        var uninstaller = new Uninstaller(server, terminal.Clock, line => terminal.Print(line + "\n"));

        IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([values.Namespace, values.AgentNamespace], cancellation);
        if (found.Count == 0)
        {
            terminal.Error.WriteLine("Depmap is not installed: nothing to do.");
            return ExitCode.Success;
        }

        TimeSpan? wait = parse.GetValue(noWait) ? null : parse.GetValue(timeout);
        IReadOnlyList<string> left;
        try
        {
            left = await uninstaller.RemoveAsync(found, isDry, wait, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return terminal.Stopped("What is listed above is going; uninstall again goes on from there");
        }

        foreach (string sentence in left)
            terminal.Error.WriteLine($"{char.ToUpperInvariant(sentence[0])}{sentence[1..]}");
        if (!isDry)
            terminal.Error.WriteLine("Depmap is uninstalled.");
        return ExitCode.Success;
    }
}
