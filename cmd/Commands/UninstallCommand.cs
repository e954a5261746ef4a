using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Removes Depmap from the cluster.</summary>
internal sealed class UninstallCommand : Command
{
    private const string Checking = "Looking for Depmap in the cluster.";

    private readonly DepmapNamespaceOption _namespace = new(
        $"all namespaces, or {ProductNames.Namespace} if you may not list objects in all", hasFormerName: true);

    private readonly DryRunOption _dryRun = new(
        "client: only print what would be deleted. server: also let the API server check each deletion.");

    private readonly WaitOptions _wait = new("everything is deleted", "2m");
    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly Terminal _terminal;

    public UninstallCommand(ProgramName program, OpenApiServer open, Terminal terminal)
        : base(
            "uninstall",
            $"""
            Remove Depmap completely from the cluster.

            Deletes only objects that have the labels of install. A namespace that contains other objects is kept.
            It does not wait for nodes that are not ready: it says what Kubernetes deletes when they are back, with exit code 0.

            Examples:
              # Print what would be deleted
              {program} uninstall --dry-run=client

              {program} uninstall
            """)
    {
        _program = program;
        _open = open;
        _terminal = terminal;
        _dryRun.AddTo(this);
        _wait.AddTo(this);
        _namespace.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var progress = new RolloutProgress(_terminal);
        IApiServer server = await progress.WaitAsync(_open(parse, cancellationToken), Checking);
        var values = new InstallValues { Namespace = _namespace.Read(parse) ?? ProductNames.Namespace };
        DryRun dryRun = _dryRun.Read(parse, _terminal.Error.WriteLine);
        var uninstaller = new Uninstaller(server, _program, _terminal.TimeProvider, line => _terminal.Print(line + "\n"));

        // Finding objects changes nothing, so a client dry run does it as well, as kubectl delete does.
        IReadOnlyList<JsonObject> found = await progress.WaitAsync(
            uninstaller.FindAsync([values.Namespace, values.AgentNamespace], cancellationToken), Checking);
        if (found.Count == 0)
        {
            _terminal.Error.WriteLine("Depmap is not installed: nothing to do.");
            return ExitCode.Success;
        }

        if (dryRun != DryRun.Client)
            await progress.WaitAsync(uninstaller.CheckRightsAsync(found, cancellationToken), Checking);
        Removal removal;
        try
        {
            removal = await uninstaller.RemoveAsync(found, dryRun, _wait.Read(parse), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _terminal.Interrupted($"The objects listed above are being deleted. Try: {_program} uninstall to continue");
        }

        foreach (string message in removal.Messages)
            _terminal.Error.WriteLine(message);
        if (dryRun == DryRun.None)
        {
            _terminal.Error.WriteLine(removal.LostNodes.Count == 0
                ? "Depmap is uninstalled."
                : $"Depmap is uninstalled, except on {string.Join(", ", removal.LostNodes)}.");
        }

        return ExitCode.Success;
    }
}
