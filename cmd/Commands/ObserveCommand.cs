using System.CommandLine;
using System.Globalization;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints flows, one a line.</summary>
internal sealed class ObserveCommand : Command
{
    private enum Format { Json, Compact }

    private static readonly Choice<Format> Formats = new(("json", Format.Json), ("compact", Format.Compact));

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Go on with the flows that come, until Ctrl-C.",
    };

    private readonly Option<ulong?> _last = TypedOption.One<ulong?>(
        ["--last"], "N", "Of the flows that the relay holds, only the last N that match.", ReadCount, absent: null);

    private readonly Option<Format> _output = TypedOption.One(
        ["--output", "-o"], Formats.Names, "json: one object a line. compact: for people. (default json)", Formats.Read, Format.Json);

    private readonly FilterOptions _filter = new();
    private readonly Option<long> _since;
    private readonly RelayOptions _relays;
    private readonly Terminal _terminal;

    public ObserveCommand(string program, RelayOptions relays, Terminal terminal)
        : base(
            "observe",
            $"""
            Print the connections between services as they happen.

            Without --follow: what the relay holds now. A list may be written with commas or by repeating its
            flag; a flow passes if it matches one entry of each list.

            Examples:
              # All connections from now on, for people
              {program} observe -f --last 0 -o compact

              # What failed in the last five minutes, and why
              {program} observe --verdict DROPPED --since 5m

              # Who calls the service cart in the namespace shop
              {program} observe --service shop/cart | jq -r .source.workload | sort | uniq -c
            """)
    {
        _relays = relays;
        _terminal = terminal;
        _since = TypedOption.One(
            ["--since"],
            "DURATION|TIME",
            "Only flows opened since, such as 90s, 5m, 1h30m, or a time in RFC 3339.",
            text => Since.Read(text, terminal.TimeProvider.GetUtcNow()),
            absent: 0L);

        _filter.AddTo(this, withPods: true);
        Add(_follow);
        Add(_last);
        Add(_since);
        Add(_output);
        relays.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        ObserveRequest request = Complete(parse);
        Reading<RelaySource> source = await _relays.ReadAsync(parse, cancellationToken);
        if (source.Problem is { } problem)
            return _terminal.Fail(problem);

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

    private ObserveRequest Complete(ParseResult parse)
    {
        var request = new ObserveRequest
        {
            Filter = _filter.Read(parse),
            Follow = parse.GetValue(_follow),
            SinceUnixNs = parse.GetValue(_since),
        };
        if (parse.GetValue(_last) is { } count)
            request.Last = count;
        return request;
    }

    private IFlowFormat Formatter(Format format) => format switch
    {
        Format.Compact => new FlowCompact(_terminal.TimeProvider.LocalTimeZone, _terminal.Colours),
        _ => new FlowJson(),
    };

    private static Reading<ulong?> ReadCount(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count)
            ? count
            : Reading<ulong?>.Wrong("use a whole number, 0 or more");
}
