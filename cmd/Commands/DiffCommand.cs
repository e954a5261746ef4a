using System.CommandLine;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Diff;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Compares two maps.</summary>
internal sealed class DiffCommand : Command, IErrorCode
{
    private enum Format { Table, Json, Markdown }

    private static readonly Choice<Format> Formats =
        new(("table", Format.Table), ("json", Format.Json), ("markdown", Format.Markdown));

    private readonly Argument<string[]> _maps = new("MAP")
    {
        Arity = new ArgumentArity(0, 2),
        HelpName = "A B",
        Description = "Each a file of map -o json, - for stdin, live for what the relay counts, or a period FROM..[TO].",
    };

    private readonly Option<Format> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats, "table: for people. json: one object. markdown: a table for GitHub.", "table");

    private readonly Option<IgnorePattern[]> _ignore = ParsedOption.List(
        ["--ignore"],
        "PATTERN",
        "Leave out edges with this END, or from CLIENT->SERVER. An end is written as in the table, a server also with :PORT; * stands "
        + "for any characters, ? for one.",
        IgnorePattern.Parse);

    private readonly ColorOption _color = new();
    private readonly PeriodOptions _period;
    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public DiffCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "diff",
            $"""
            Print what differs between two maps: edges that are new or gone, that fail or have recovered, or that changed a lot.

            A and B are files of {program} map -o json, - for stdin, live, or periods such as 48h..24h or 2026-05-04..2026-05-05.
            With --since, the period since then (B) is compared with one of the same length before it (A): --since 24h compares the
            day before with the last day.

            An edge is failing if it has dropped connections in B and had none in A, and recovered the other way round. It changed a
            lot if connections, drops or bytes in one map are {MapDiff.Factor} times those in the other or more, and differ by at least
            {MapDiff.ConnectionFloor} connections or 1 MiB. Counts are compared as they are, so maps should cover equally long times.

            The exit code is 0 if nothing differs, 1 if something does, and 2 after an error.

            Examples:
              # What is different from yesterday
              {program} diff --since 24h

              # What a release changed
              {program} map -o json > before.json
              {program} diff before.json live

              # For a pull request, without DNS
              {program} diff before.json after.json --ignore '*->kube-system/*:53' -o markdown
            """)
    {
        _relay = relay;
        _terminal = terminal;
        _period = new PeriodOptions(
            terminal.TimeProvider,
            "Compare the time since then with as long a time before: a duration such as 90s, 1h30m or 7d, or a time, such as 10:11, "
            + "2026-05-04 or an RFC 3339 time.",
            "The end of the later period, as for --since. (default now)");
        Add(_maps);
        _period.AddTo(this);
        Add(_ignore);
        Add(_output);
        _color.AddTo(this);
        relay.AddTo(this);
        Validators.Add(result =>
        {
            bool hasSince = result.GetResult(_period.Since) is { Implicit: false };
            int maps = result.GetResult(_maps)?.Tokens.Count ?? 0;
            if (hasSince && maps > 0)
                result.AddError($"{_period.Since.Name} and files cannot be used together");
            else if (!hasSince && result.GetResult(_period.Until) is { Implicit: false })
                result.AddError($"{_period.Until.Name} requires {_period.Since.Name}");
            else if (!hasSince && maps != 2)
                result.AddError($"give two maps to compare, or {_period.Since.Name}");
        });
        SetAction(RunAsync);
    }

    /// <summary>As for <c>kubectl diff</c>.</summary>
    public int ErrorCode(ParseResult parse) => ExitCode.DiffFailure;

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<MapSource>[] sources = ReadSources(parse);
        if (sources.Select(source => source.Error).FirstOrDefault(error => error is not null) is { } invalid)
            return Fail(invalid);

        Relay? relay = null;
        try
        {
            if (sources.Any(source => source.Value.File is null))
            {
                Parsed<RelaySource> relaySource = await _relay.ReadAsync(parse, cancellationToken);
                if (relaySource.Error is { } error)
                    return Fail(error);
                relay = await relaySource.Value.OpenAsync(cancellationToken);
            }

            var maps = new EdgeFields[2][];
            for (int i = 0; i < 2; i++)
            {
                Parsed<EdgeFields[]> map = await ReadAsync(sources[i].Value, relay, cancellationToken);
                if (map.Error is { } error)
                    return Fail(error);
                maps[i] = map.Value;
            }

            return Print(parse, MapDiff.Compare(maps[0], maps[1], parse.GetValue(_ignore)!));
        }
        finally
        {
            relay?.Dispose();
        }
    }

    private int Print(ParseResult parse, IReadOnlyList<EdgeChange> changes)
    {
        Format format = parse.GetValue(_output);
        if (format == Format.Json)
            _terminal.Print(DiffJson.Write(changes));
        else if (format == Format.Markdown)
            _terminal.Print(DiffMarkdown.Write(changes));
        else if (changes.Count > 0)
            _terminal.Print(DiffTable.Write(changes, TableStyle.Of(_terminal, _color.Read(parse))));
        else
            _terminal.Error.WriteLine("No differences.");
        return changes.Count == 0 ? ExitCode.Success : ExitCode.Different;
    }

    private Parsed<MapSource>[] ReadSources(ParseResult parse)
    {
        if (parse.GetValue(_period.Since) is { } since)
        {
            long? until = parse.GetValue(_period.Until);
            long length = (until ?? _terminal.TimeProvider.UnixNanoseconds()) - since;
            return [new MapSource("A", null, Math.Max(1, since - length), since), new MapSource("B", null, since, until ?? 0)];
        }

        string[] texts = parse.GetValue(_maps)!;
        return texts is ["-", "-"]
            ? [Parsed<MapSource>.Invalid("only one of the two maps can come from stdin")]
            : [.. texts.Select(text => MapSource.Parse(text, _terminal.TimeProvider))];
    }

    private async Task<Parsed<EdgeFields[]>> ReadAsync(MapSource source, Relay? relay, CancellationToken cancellationToken)
    {
        if (source.File is { } file)
            return await MapSource.ReadFileAsync(file, cancellationToken);
        MapResponse map = await relay!.GetMapAsync(
            new MapRequest { SinceUnixNs = source.Since, UntilUnixNs = source.Until }, cancellationToken);
        if (CountedPeriod.IsIgnored(map, source.Since, source.Until))
            return Parsed<EdgeFields[]>.Invalid(CountedPeriod.Ignored);
        if (CountedPeriod.IsTooEarly(map))
            return Parsed<EdgeFields[]>.Invalid(
                $"{CountedPeriod.TooEarly(map, _terminal.TimeProvider.LocalTimeZone)}, so there is nothing to compare with");
        // In order: the earlier period is the first map.
        if (CountedPeriod.Describe(map, source.Since, _terminal.TimeProvider.GetUtcNow(), _terminal.TimeProvider.LocalTimeZone) is { } line)
            _terminal.Note($"{source.Name}: {line}");
        return map.Edges.Select(EdgeFields.Of).ToArray();
    }

    private int Fail(string message)
    {
        _terminal.Fail(message);
        return ExitCode.DiffFailure;
    }
}
