using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Health;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the state of an installation, and what to do about errors.</summary>
internal sealed class StatusCommand : Command
{
    private enum Format { Table, Json }

    private static readonly Choice<Format> Formats = new(("table", Format.Table), ("json", Format.Json));

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats.Names, "table: for people. json: one object.", Formats.Parse, "table");

    private readonly Option<string> _namespace = new("--namespace", "-n")
    {
        HelpName = "NAME",
        Description = $"The relay's namespace. (default {ProductNames.Namespace})",
        DefaultValueFactory = _ => ProductNames.Namespace,
    };

    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly ServerOption _server;
    private readonly Terminal _terminal;

    public StatusCommand(ProgramName program, OpenApiServer open, ServerOption server, Terminal terminal)
        : base(
            "status",
            $"""
            Print the state of the relay and the agents, and what to do about errors.

            The exit code is 1 if there is an error. The notes below the table say what Depmap cannot observe because of a
            node's kernel or other programs; they do not change the exit code.

            Examples:
              {program} status

              # Nodes whose agent does not report to the relay, for a script
              {program} status -o json | jq -r '.agents[] | select(.connected != true) | .node'
            """)
    {
        _program = program;
        _open = open;
        _server = server;
        _terminal = terminal;
        Add(_namespace);
        Add(_output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        IApiServer cluster = await _open(parse, cancellationToken);
        var values = new InstallValues { Namespace = parse.GetValue(_namespace)! };
        (StatusResponse? relayStatus, RelayException? relayError) =
            await GetRelayStatusAsync(cluster, values.Namespace, parse, cancellationToken);
        DateTimeOffset now = _terminal.TimeProvider.GetUtcNow();
        StatusReport report = await new StatusCollector(cluster, _program, now)
            .CollectAsync(values, relayStatus, relayError?.Message, cancellationToken);

        _terminal.Print(parse.GetValue(_output) == Format.Json ? StatusJson.Write(report) : StatusTable.Write(report, now));
        foreach (string error in report.Errors)
            _terminal.Fail(error);
        if (relayError?.Manifest is { } manifest && report.Errors.Contains(relayError.Message))
            _terminal.Error.WriteLine(manifest);
        return report.Errors.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Returns errors instead of throwing them: the state of the cluster is printed even if the relay does not respond.</summary>
    private async Task<(StatusResponse? Status, RelayException? Error)> GetRelayStatusAsync(
        IApiServer cluster, string ns, ParseResult parse, CancellationToken cancellationToken)
    {
        RelaySource source = RelaySource.InCluster(cluster, ns, _program);
        if (_server.IsGiven(parse))
        {
            Parsed<HostPort> address = _server.Read(parse);
            if (address.Error is { } error)
                return (null, new RelayException(error));
            source = RelaySource.At(address.Value);
        }

        try
        {
            using Relay relay = await source.OpenAsync(cancellationToken);
            return (relay.Status, null);
        }
        catch (RelayException e)
        {
            return (null, e);
        }
        catch (ApiException e)
        {
            return (null, new RelayException(e.Message, e));
        }
    }
}
