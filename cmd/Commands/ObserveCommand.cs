using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints flows, one per line.</summary>
internal sealed class ObserveCommand : Command
{
    private enum Format { Json, Compact }

    private static readonly Choice<Format> Formats = new(("json", Format.Json), ("compact", Format.Compact));

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Keep printing new flows until Ctrl-C.",
    };

    private readonly Option<ulong?> _last = ParsedOption.Optional(
        ["--last"], "N", "Of the flows that the relay holds, print only the last N that match.",
        OptionParsers.Number(ulong.MinValue, ulong.MaxValue));

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats.Names, "json: one object per line. compact: for people.", Formats.Parse, "json");

    private readonly FilterOptions _filter = new();
    private readonly Option<long?> _since;
    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public ObserveCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "observe",
            $"""
            Print the connections between services.

            Without --follow, it prints the flows that the relay holds and ends. To give several values of a filter,
            separate them with commas or repeat the flag; a flow must match one value of each filter.

            Examples:
              # All connections from now on, for people
              {program} observe -f --last 0 -o compact

              # What failed in the last five minutes, and why
              {program} observe --verdict DROPPED --since 5m

              # The clients of the service cart in the namespace shop
              {program} observe --service shop/cart | jq -r .source.workload | sort | uniq -c
            """)
    {
        _relay = relay;
        _terminal = terminal;
        _since = ParsedOption.Optional(
            ["--since"],
            "DURATION|TIME",
            "Only flows opened after this: a duration such as 90s, 5m or 1h30m, or an RFC 3339 time.",
            text => SinceParser.Parse(text, terminal.TimeProvider.GetUtcNow()));

        _filter.AddTo(this, withPods: true);
        Add(_follow);
        Add(_last);
        Add(_since);
        Add(_output);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        ObserveRequest request = ReadRequest(parse);
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            return _terminal.Fail(error);

        var watch = new FlowWatch(source.Value, _terminal.TimeProvider, _terminal.Error.WriteLine);
        FlowPrinter printer = new(_terminal.Out, Formatter(parse.GetValue(_output)));
        await foreach (ObserveResponse response in watch.ObserveAsync(request, cancellationToken))
        {
            if (response.Flow is { } flow)
                printer.Print(flow);
            else if (LostLine.Describe(response.Lost) is { } lost)
                _terminal.Error.WriteLine(lost);
        }

        return ExitCode.Success;
    }

    private ObserveRequest ReadRequest(ParseResult parse)
    {
        var request = new ObserveRequest
        {
            Filter = _filter.Read(parse),
            Follow = parse.GetValue(_follow),
            SinceUnixNs = parse.GetValue(_since) ?? 0,
        };
        if (parse.GetValue(_last) is { } count)
            request.Last = count;
        return request;
    }

    private IFlowFormat Formatter(Format format) => format switch
    {
        Format.Compact => new FlowCompact(_terminal.TimeProvider.LocalTimeZone, _terminal.UsesColor),
        _ => new FlowJson(),
    };
}
