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
        ["--output", "-o"], Formats, "table: for people. json: one object.", "table");

    private readonly ColorOption _color = new();
    private readonly DepmapNamespaceOption _namespace = new(ProductNames.Namespace, hasFormerName: true);

    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly RelayAddressOption _address;
    private readonly Terminal _terminal;

    public StatusCommand(ProgramName program, OpenApiServer open, RelayAddressOption address, Terminal terminal)
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
        _address = address;
        _terminal = terminal;
        _namespace.AddTo(this);
        Add(_output);
        _color.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        IApiServer cluster = await _open(parse, cancellationToken);
        var values = new InstallValues { Namespace = _namespace.Read(parse) ?? ProductNames.Namespace };
        (StatusResponse? relayStatus, RelayException? relayError) =
            await GetRelayStatusAsync(cluster, values.Namespace, parse, cancellationToken);
        DateTimeOffset now = _terminal.TimeProvider.GetUtcNow();
        StatusReport report = await new StatusCollector(cluster, _program, now)
            .CollectAsync(values, relayStatus, relayError?.Message, cancellationToken);

        TableStyle style = TableStyle.Of(_terminal, _color.Read(parse));
        _terminal.Print(parse.GetValue(_output) == Format.Json ? StatusJson.Write(report) : StatusTable.Write(report, now, style));
        foreach (string error in report.Errors)
            _terminal.Fail(error);
        if (relayError?.Manifest is { } manifest && report.Errors.Contains(relayError.Message))
            _terminal.Error.WriteLine(manifest);
        return report.Errors.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>Returns errors instead of throwing them: the state of the cluster is printed even if the relay does not respond.</summary>
    /// <exception cref="ApiException">The API server did not respond. It would not do so for the rest either.</exception>
    private async Task<(StatusResponse? Status, RelayException? Error)> GetRelayStatusAsync(
        IApiServer cluster, string ns, ParseResult parse, CancellationToken cancellationToken)
    {
        RelaySource source = RelaySource.InCluster(cluster, ns, _program);
        if (_address.IsGiven(parse))
        {
            Parsed<HostPort> given = _address.Read(parse);
            if (given.Error is { } error)
                return (null, new RelayException(error));
            source = RelaySource.At(given.Value);
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
    }
}
