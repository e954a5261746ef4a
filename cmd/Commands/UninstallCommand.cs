using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Takes Depmap out of the cluster.</summary>
internal sealed class UninstallCommand : Command
{
    private readonly Option<string> _space = new("--namespace", "-n")
    {
        HelpName = "NAME",
        Description = "Where to look, if you may not look everywhere. (default depmap)",
        DefaultValueFactory = _ => new InstallValues().Namespace,
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only print what would be deleted." };

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "End once everything is asked to go." };

    private readonly Option<TimeSpan> _timeout = TypedOption.One(
        ["--timeout"], "DURATION", "How long to wait until all is gone. (default 2m)", Duration.Read, TimeSpan.FromMinutes(2));

    private readonly OpenApiServer _open;
    private readonly Terminal _terminal;

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
        _open = open;
        _terminal = terminal;
        foreach (Option option in (Option[])[_space, _dryRun, _noWait, _timeout])
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        IApiServer server = await _open(parse, cancellationToken);
        var values = new InstallValues { Namespace = parse.GetValue(_space)! };
        bool isDry = parse.GetValue(_dryRun);
        var uninstaller = new Uninstaller(server, _terminal.TimeProvider, line => _terminal.Print(line + "\n"));

        IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([values.Namespace, values.AgentNamespace], cancellationToken);
        if (found.Count == 0)
        {
            _terminal.Error.WriteLine("Depmap is not installed: nothing to do.");
            return ExitCode.Success;
        }

        TimeSpan? wait = parse.GetValue(_noWait) ? null : parse.GetValue(_timeout);
        IReadOnlyList<string> left;
        try
        {
            left = await uninstaller.RemoveAsync(found, isDry, wait, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _terminal.Stopped("What is listed above is going; uninstall again goes on from there");
        }

        foreach (string sentence in left)
            _terminal.Error.WriteLine($"{char.ToUpperInvariant(sentence[0])}{sentence[1..]}");
        if (!isDry)
            _terminal.Error.WriteLine("Depmap is uninstalled.");
        return ExitCode.Success;
    }
}
