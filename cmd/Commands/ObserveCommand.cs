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
    private const string Stdin = "-";

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Keep printing new flows until Ctrl-C.",
    };

    private readonly Option<ulong?> _last = ParsedOption.Optional(
        ["--last"], "N", "Of the flows that the relay holds, print only the last N that match.",
        OptionParsers.Number(ulong.MinValue, ulong.MaxValue));

    private readonly Option<ulong?> _first = ParsedOption.Optional(
        ["--first"], "N", "Print only the first N flows that match, and end. With --follow, wait for them.",
        OptionParsers.Number<ulong>(1, ulong.MaxValue));

    private readonly Option<bool> _closes = new("--closes")
    {
        Description = "Also print when a flow that was forwarded ends, with its bytes, packets and duration.",
    };

    private readonly Option<CreateFlowFormat?> _output = ParsedOption.Reference(
        ["--output", "-o"],
        "FORMAT",
        "json: one object per line. jsonpb: the same in the format of Hubble. compact: one line per flow, for people. wide: with all "
            + "names and addresses. dict: one line per field. jsonpath=TEMPLATE and custom-columns=COLUMNS: the given fields of json. "
            + "(default compact on a terminal, json otherwise)",
        FlowFormats.Parse);

    private readonly Option<string?> _inputFile = new("--input-file")
    {
        HelpName = "FILE",
        Description = "Print flows that were recorded with -o json, from this file or, if it is -, from stdin. Without filters.",
    };

    private readonly ColorOption _color = new();
    private readonly FilterOptions _filter = new(forEdges: false);
    private readonly Option<long?> _since, _until;
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
              # All connections from now on
              {program} observe -f --last 0

              # What failed in the last five minutes, and why
              {program} observe --verdict DROPPED --since 5m

              # The clients of the service cart in the namespace shop
              {program} observe --service shop/cart | jq -r .source.workload | sort | uniq -c

              # What leaves the namespace shop, apart from DNS
              {program} observe -f --from-namespace shop --not to-namespace=shop --not to-port=53
            """)
    {
        _relay = relay;
        _terminal = terminal;
        _since = ParsedOption.Optional(
            ["--since"],
            SinceParser.ValueName,
            "Only flows opened after this: a duration such as 90s, 1h30m or 7d, or a time, such as 10:11, 2026-05-04 or an RFC 3339 time.",
            text => SinceParser.Parse(text, terminal.TimeProvider));

        _until = ParsedOption.Optional(
            ["--until"],
            SinceParser.ValueName,
            "Only flows opened before this: a duration or a time as for --since.",
            text => SinceParser.Parse(text, terminal.TimeProvider));

        _filter.AddTo(this);
        Add(_follow);
        Add(_last);
        Add(_first);
        Add(_since);
        Add(_until);
        Add(_closes);
        _output.CompletionSources.Add(FlowFormats.Words);
        Add(_output);
        Add(_inputFile);
        _color.AddTo(this);
        relay.AddTo(this);
        Validators.Add(result =>
        {
            bool IsGiven(Option option) => result.GetResult(option) is { Implicit: false };
            if (IsGiven(_first) && IsGiven(_last))
                result.AddError($"{_first.Name} and {_last.Name} cannot be used together");
            if (IsGiven(_until) && result.GetValue(_follow))
                result.AddError($"{_until.Name} and {_follow.Name} cannot be used together");
            if (result.ReadValid(_until) <= result.ReadValid(_since))
                result.AddError($"{_until.Name} must be later than {_since.Name}");
            if (IsGiven(_inputFile) && RelayFlags.FirstOrDefault(IsGiven) is { } flag)
                result.AddError($"{_inputFile.Name} cannot be used with {flag.Name}, which the relay evaluates");
        });
        SetAction(RunAsync);
    }

    private IEnumerable<Option> RelayFlags => [.. _filter.All, _follow, _last, _first, _since, _until, _closes];

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_inputFile) is { } file)
            return await PrintRecordedAsync(file, parse, cancellationToken);
        ObserveRequest request = ReadRequest(parse);
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            return _terminal.Fail(error);

        var watch = new FlowWatch(source.Value, _terminal.TimeProvider, _terminal.Note);
        FlowPrinter printer = new(_terminal.Out, Formatter(parse));
        ulong printed = 0;
        await foreach (ObserveResponse response in watch.ObserveAsync(request, cancellationToken))
        {
            if (response.Flow is { } flow)
            {
                printer.Print(flow);
                // A relay that has restarted starts to count again.
                if (++printed == request.First)
                    break;
            }
            else if (LostLine.Describe(response.Lost) is { } lost)
            {
                _terminal.Note(lost);
            }
        }

        // Like kubectl, neither a result nor an error.
        if (printed == 0 && request is not { HasLast: true, Last: 0 })
        {
            bool isFiltered = request.SinceUnixNs > 0 || request.UntilUnixNs > 0 || !request.Filter.Equals(new Filter());
            string text = isFiltered ? "No flows match." : "No flows yet.";
            _terminal.Error.WriteLine(await NameHint.ExplainAsync(text, source.Value, request.Filter, [], cancellationToken));
        }

        return ExitCode.Success;
    }

    private async Task<int> PrintRecordedAsync(string file, ParseResult parse, CancellationToken cancellationToken)
    {
        FlowPrinter printer = new(_terminal.Out, Formatter(parse));
        try
        {
            using var reader = new StreamReader(file == Stdin ? _terminal.In() : File.OpenRead(file));
            for (int number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
            {
                if (line.Length == 0)
                    continue;
                if (FlowRecord.Parse(line) is not { } flow)
                    return _terminal.Fail($"{file}, line {number} is not a flow as {Name} -o json prints it");
                printer.Print(flow);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException)
        {
            return _terminal.Fail($"cannot read {file}: {e.Message}");
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
            UntilUnixNs = parse.GetValue(_until) ?? 0,
            First = parse.GetValue(_first) ?? 0,
            Closes = parse.GetValue(_closes),
        };
        if (parse.GetValue(_last) is { } count)
            request.Last = count;
        return request;
    }

    private IFlowFormat Formatter(ParseResult parse)
    {
        bool isForPeople = parse.GetValue(_output) is null && _terminal.OutIsTerminal;
        CreateFlowFormat create = parse.GetValue(_output) ?? FlowFormats.Parse(isForPeople ? "compact" : "json").Value;
        return create(_terminal.TimeProvider.LocalTimeZone, _terminal.UsesColor(_color.Read(parse)));
    }
}
