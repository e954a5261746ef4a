using System.CommandLine;
using System.Text;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the dependency map.</summary>
internal sealed class MapCommand : Command
{
    private const string NoEdges = "No edges found."; // like kubectl: neither a result nor an error

    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(2);

    private static readonly Choice<MapFormat> Formats = new(
        ("table", MapFormat.Table), ("wide", MapFormat.Wide), ("json", MapFormat.Json), ("yaml", MapFormat.Yaml), ("csv", MapFormat.Csv),
        ("markdown", MapFormat.Markdown), ("name", MapFormat.Name), ("dot", MapFormat.Dot), ("mermaid", MapFormat.Mermaid),
        ("svg", MapFormat.Svg), ("html", MapFormat.Html));

    private readonly Option<MapFormat> _output = ParsedOption.WithDefault(
        ["--output", "-o"], Formats,
        "table and wide: for people. json and yaml: one object with all edges. csv: for spreadsheets. markdown: for issues. name: each end "
        + "once, one a line. svg and html: a picture, which opens offline. dot: for Graphviz. mermaid: for Markdown files.", "table");

    private readonly Option<bool> _multicast = MulticastOption.Create();

    private readonly Option<bool> _watch = new("--watch", "-w")
    {
        Description = "Print the map every 2 s until Ctrl-C: in place on a terminal, elsewhere one after the other.",
    };

    private readonly Option<bool> _noHeaders = new("--no-headers") { Description = "Print no headings. Of table, wide and csv." };

    private readonly ColorOption _color = new();
    private readonly FilterOptions _filter = new(forEdges: true);
    private readonly PeriodOptions _period;
    private readonly MapViewOptions _view = new();
    private readonly RelayOptions _relay;
    private readonly Terminal _terminal;

    public MapCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "map",
            $"""
            Print which service depends on which, on which port, and what fails.

            Each line is an edge: all connections from one client to one server port that the relay still has: since it started,
            or with install --persist for a week. A line on stderr says since when. With --since, a connection counts when it was
            first reported, and its bytes when they were. To give several values, separate them with commas or repeat the flag.

            OBJECT is one end of an edge: deploy/cart, svc/cart, pod/web-5d8f-x2x, ns/shop, shop/cart, an address or a DNS
            name. Without a namespace, it stands for objects of all namespaces.

            Examples:
              # Everything in the namespace shop
              {program} map -n shop

              # The clients and servers of the deployment cart
              {program} map deploy/cart

              # What breaks if the service cart does: its clients, their clients, and so on
              {program} map --to svc/cart --depth all

              # The ten edges with the most traffic across zones, by zone
              {program} map --by zone --sort bytes --top 10 -o wide

              # What was called this morning
              {program} map --since 08:00 --until 12:00

              # Edges with failed connections, for a script
              {program} map --only-dropped -o json | jq -c '.edges[]'

              # A picture of everything, for a browser
              {program} map -o html > map.html
            """)
    {
        _relay = relay;
        _terminal = terminal;
        _period = new PeriodOptions(
            terminal.TimeProvider,
            "Only what was counted since then: a duration such as 90s, 1h30m or 7d, or a time, such as 10:11, 2026-05-04 or an RFC 3339 "
            + "time.",
            "Only what was counted until then, as for --since. (default now)");
        _view.AddTo(this);
        _filter.AddTo(this);
        _period.AddTo(this);
        _output.HelpName = "FORMAT"; // the words do not fit into one line
        foreach (Option option in (Option[])[_multicast, _watch, _noHeaders, _output])
            Add(option);
        _color.AddTo(this);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var request = new MapRequest
        {
            Filter = _filter.Read(parse),
            WithNodes = _view.Read(parse).NeedsNodes,
            IncludeMulticast = parse.GetValue(_multicast),
            SinceUnixNs = parse.GetValue(_period.Since) ?? 0,
            UntilUnixNs = parse.GetValue(_period.Until) ?? 0,
        };
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            return _terminal.Fail(error);

        if (parse.GetValue(_watch))
        {
            await WatchAsync(parse, source.Value, request, cancellationToken);
            return ExitCode.Success;
        }

        using Relay relay = await source.Value.OpenAsync(cancellationToken);
        MapResponse map = await relay.GetMapAsync(request, cancellationToken);
        if (CountedPeriod.IsIgnored(map, request.SinceUnixNs, request.UntilUnixNs))
            return _terminal.Fail(CountedPeriod.Ignored);
        (string text, List<string> notes) = Show(parse, request, map);
        _terminal.Print(text);
        if (notes is [NoEdges, ..])
        {
            MapView view = _view.Read(parse);
            notes[0] = await NameHint.ExplainAsync(
                NoEdges, source.Value, request.Filter, [.. view.Objects, .. view.To, .. view.From], cancellationToken);
        }

        notes.ForEach(_terminal.Note);
        return ExitCode.Success;
    }

    /// <summary>Ends by cancellation. Once a map was printed, a relay that is lost is waited for.</summary>
    private async Task WatchAsync(ParseResult parse, RelaySource source, MapRequest request, CancellationToken cancellationToken)
    {
        var screen = new Screen(_terminal);
        Relay? relay = null;
        bool isFirst = true;
        List<string> last = [];
        try
        {
            while (true)
            {
                try
                {
                    relay ??= await source.OpenAsync(cancellationToken);
                    (string text, List<string> notes) = Show(parse, request, await relay.GetMapAsync(request, cancellationToken));
                    screen.Print(screen.IsInPlace ? Page(text, notes) : text);
                    if (!screen.IsInPlace)
                        notes.Except(last).ToList().ForEach(_terminal.Note);
                    (isFirst, last) = (false, notes);
                }
                catch (Exception e) when (e is RelayException or ApiException && !isFirst)
                {
                    relay?.Dispose();
                    relay = null;
                    _terminal.Note($"{e.Message.ReplaceLineEndings(" ")} Trying again.");
                }

                await Task.Delay(WatchInterval, _terminal.TimeProvider, cancellationToken);
            }
        }
        finally
        {
            relay?.Dispose();
        }
    }

    /// <summary>What is printed, and lines for stderr.</summary>
    private (string Text, List<string> Notes) Show(ParseResult parse, MapRequest request, MapResponse map)
    {
        DateTimeOffset now = _terminal.TimeProvider.GetUtcNow();
        MapFormat format = parse.GetValue(_output);
        MapPeriod period = MapPeriod.Of(map, now);
        (List<Edge> edges, int hidden) = _view.Read(parse).Apply(map.Edges);
        TableStyle style = TableStyle.Of(_terminal, _color.Read(parse), parse.GetValue(_noHeaders));
        string? notShown = MapNote.Describe(map, hidden), lost = LostLine.Describe(map.Lost, map.UnmappedFlows);
        string? gaps = ObservationGaps.Describe(map.Gaps);
        string caption = MapCaption.Of(period, [notShown, lost, gaps, map.HistoryProblem]);
        string text = edges.Count > 0 || MapPrinter.PrintsEmpty(format)
            ? MapPrinter.Write(format, edges, period, caption, now, style)
            : "";
        string?[] notes =
        [
            edges.Count == 0 ? NoEdges : null,
            CountedPeriod.Describe(map, request.SinceUnixNs, now, _terminal.TimeProvider.LocalTimeZone, MapPrinter.IsForPeople(format)),
            MapPrinter.IsForPeople(format) ? notShown : null,
            lost,
            gaps,
        ];
        return (text, [.. notes.OfType<string>()]);
    }

    // The notes first: the end of a long map is below the window.
    private string Page(string text, List<string> notes)
    {
        var page = new StringBuilder();
        foreach (string line in notes.SelectMany(note => TextWrap.Lines(PlainText.Of(note), _terminal.Width() ?? int.MaxValue)))
            page.Append(line).Append('\n');
        return page.Append('\n').Append(text).ToString();
    }
}
