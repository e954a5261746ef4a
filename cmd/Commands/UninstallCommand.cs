using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Removes Depmap from the cluster.</summary>
internal sealed class UninstallCommand : Command
{
    private readonly Option<string> _namespace = new("--namespace", "-n")
    {
        HelpName = "NAME",
        Description = "The relay's namespace, needed only if you may not list objects in all namespaces. "
            + $"(default {ProductNames.Namespace})",
        DefaultValueFactory = _ => ProductNames.Namespace,
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only print what would be deleted." };

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Do not wait for deletion to finish." };

    private readonly Option<TimeSpan> _timeout = ParsedOption.WithDefault(
        ["--timeout"], "DURATION", "How long to wait for deletion to finish.", OptionParsers.Duration, "2m");

    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly Terminal _terminal;

    public UninstallCommand(ProgramName program, OpenApiServer open, Terminal terminal)
        : base(
            "uninstall",
            $"""
            Remove Depmap completely from the cluster.

            Deletes only objects that have the labels of install. A namespace that contains other objects is kept.

            Examples:
              # Print what would be deleted
              {program} uninstall --dry-run

              {program} uninstall
            """)
    {
        _program = program;
        _open = open;
        _terminal = terminal;
        foreach (Option option in (Option[])[_namespace, _dryRun, _noWait, _timeout])
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        IApiServer server = await _open(parse, cancellationToken);
        var values = new InstallValues { Namespace = parse.GetValue(_namespace)! };
        bool dryRun = parse.GetValue(_dryRun);
        var uninstaller = new Uninstaller(server, _program, _terminal.TimeProvider, line => _terminal.Print(line + "\n"));

        IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([values.Namespace, values.AgentNamespace], cancellationToken);
        if (found.Count == 0)
        {
            _terminal.Error.WriteLine("Depmap is not installed: nothing to do.");
            return ExitCode.Success;
        }

        TimeSpan? timeout = parse.GetValue(_noWait) ? null : parse.GetValue(_timeout);
        IReadOnlyList<string> messages;
        try
        {
            messages = await uninstaller.RemoveAsync(found, dryRun, timeout, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _terminal.Interrupted($"The objects listed above are being deleted. Try: {_program} uninstall to continue");
        }

        foreach (string message in messages)
            _terminal.Error.WriteLine($"{char.ToUpperInvariant(message[0])}{message[1..]}");
        if (!dryRun)
            _terminal.Error.WriteLine("Depmap is uninstalled.");
        return ExitCode.Success;
    }
}
