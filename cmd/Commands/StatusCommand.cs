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

    private static readonly Choice<Format> formats = new(("table", Format.Table), ("json", Format.Json));

    private readonly Option<Format> output = TypedOption.One(
        ["--output", "-o"], formats.Names, "table: for people. json: one object. (default table)", formats.Read, Format.Table);

    private readonly Option<string> space = new("--namespace", "-n")
    {
        HelpName = "NAME",
        Description = "The relay's namespace. (default depmap)",
        DefaultValueFactory = _ => new InstallValues().Namespace,
    };

    private readonly OpenApiServer open;
    private readonly ServerOption server;
    private readonly Terminal terminal;

    public StatusCommand(string program, OpenApiServer open, ServerOption server, Terminal terminal)
        : base(
            "status",
            $"""
            Print how relay and agents are doing, and what to do where something is wrong.

            Ends with exit code 1 when something is wrong.

            Examples:
              {program} status

              # Agents that do not report, for a script
              {program} status -o json | jq -r '.agents[] | select(.connected != true) | .node'
            """)
    {
        this.open = open;
        this.server = server;
        this.terminal = terminal;
        Add(space);
        Add(output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        IApiServer cluster = await open(parse, cancellation);
        (StatusResponse? says, string? problem) = await AskRelayAsync(parse, cancellation);
        var values = new InstallValues { Namespace = parse.GetValue(space)! };
        DateTimeOffset now = terminal.Clock.GetUtcNow();
        StatusReport report = await new StatusQuestion(cluster, now).AskAsync(values, says, problem, cancellation);

        terminal.Print(parse.GetValue(output) == Format.Json ? StatusJson.Write(report) : StatusTable.Write(report, now));
        foreach (string sentence in report.Problems)
            terminal.Fail(sentence);
        return report.Problems.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>What the cluster says is printed as well when the relay says nothing.</summary>
    private async Task<(StatusResponse? Says, string? Problem)> AskRelayAsync(ParseResult parse, CancellationToken cancellation)
    {
        if (!server.IsGiven(parse))
            return (null, null);
        Reading<RelayAddress> address = server.Read(parse);
        if (address.Problem is { } invalid)
            return (null, invalid);
        try
        {
            using Relay relay = await Relay.OpenAsync(address.Value, cancellation);
            return (relay.Status, null);
        }
        catch (RelayException failure)
        {
            return (null, failure.Message);
        }
    }
}
