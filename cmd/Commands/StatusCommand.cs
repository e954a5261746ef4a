using System.CommandLine;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Health;
using Depmap.Plugin.Install;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Says how an installation is doing, and what to do where it is not well.</summary>
internal sealed class StatusCommand : Command
{
    private enum Format { Table, Json }

    private static readonly Choice<Format> Formats = new(("table", Format.Table), ("json", Format.Json));

    private readonly Option<Format> _output = TypedOption.One(
        ["--output", "-o"], Formats.Names, "table: for people. json: one object. (default table)", Formats.Read, Format.Table);

    private readonly Option<string> _space = new("--namespace", "-n")
    {
        HelpName = "NAME",
        Description = "The relay's namespace. (default depmap)",
        DefaultValueFactory = _ => new InstallValues().Namespace,
    };

    private readonly OpenApiServer _open;
    private readonly ServerOption _server;
    private readonly Terminal _terminal;

    public StatusCommand(string program, OpenApiServer open, ServerOption server, Terminal terminal)
        : base(
            "status",
            $"""
            Print how relay and agents are doing, and what to do where something is wrong.

            Ends with exit code 1 when something is wrong. Below the table stands what a node's kernel or other programs keep
            Depmap from observing; such a note does not change the exit code.

            Examples:
              {program} status

              # Agents that do not report, for a script
              {program} status -o json | jq -r '.agents[] | select(.connected != true) | .node'
            """)
    {
        _open = open;
        _server = server;
        _terminal = terminal;
        Add(_space);
        Add(_output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        IApiServer cluster = await _open(parse, cancellationToken);
        var values = new InstallValues { Namespace = parse.GetValue(_space)! };
        (StatusResponse? says, RelayException? problem) = await AskRelayAsync(cluster, values.Namespace, parse, cancellationToken);
        DateTimeOffset now = _terminal.TimeProvider.GetUtcNow();
        StatusReport report = await new StatusQuestion(cluster, now).AskAsync(values, says, problem?.Message, cancellationToken);

        _terminal.Print(parse.GetValue(_output) == Format.Json ? StatusJson.Write(report) : StatusTable.Write(report, now));
        foreach (string sentence in report.Problems)
            _terminal.Fail(sentence);
        if (problem?.Remedy is { } remedy && report.Problems.Contains(problem.Message))
            _terminal.Error.WriteLine(remedy);
        return report.Problems.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>What the cluster says is printed as well when the relay says nothing.</summary>
    private async Task<(StatusResponse? Says, RelayException? Problem)> AskRelayAsync(
        IApiServer cluster, string relaySpace, ParseResult parse, CancellationToken cancellationToken)
    {
        RelaySource source = RelaySource.In(cluster, relaySpace);
        if (_server.IsGiven(parse))
        {
            Reading<RelayAddress> address = _server.Read(parse);
            if (address.Problem is { } invalid)
                return (null, new RelayException(invalid));
            source = RelaySource.At(address.Value);
        }

        try
        {
            using Relay relay = await source.OpenAsync(cancellationToken);
            return (relay.Status, null);
        }
        catch (RelayException failure)
        {
            return (null, failure);
        }
        catch (ApiException failure)
        {
            return (null, new RelayException(failure.Message, failure));
        }
    }
}
