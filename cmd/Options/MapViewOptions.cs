using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Depmap.Common.Options;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Options;

/// <summary>The options that choose which part of the map is shown, and how.</summary>
internal sealed class MapViewOptions
{
    private static readonly Choice<MapLevel> Levels = new(
        ("workload", MapLevel.Workload), ("service", MapLevel.Service), ("namespace", MapLevel.Namespace), ("node", MapLevel.Node),
        ("zone", MapLevel.Zone));

    private static readonly Choice<MapOrder> Orders = new(
        ("name", MapOrder.Name), ("bytes", MapOrder.Bytes), ("connections", MapOrder.Connections), ("drops", MapOrder.Drops),
        ("latency", MapOrder.Latency));

    private readonly Argument<ObjectReference[]> _objects = new("object")
    {
        HelpName = "[OBJECT...]",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = _ => [],
        CustomParser = result => [.. result.Tokens.Select(token => Parse(result, token.Value))],
    };

    private readonly Option<ObjectReference[]> _to = ParsedOption.List(
        ["--to"], "OBJECT", "Only what depends on this: its clients, and with --depth their clients.", ObjectReference.Parse);

    private readonly Option<ObjectReference[]> _from = ParsedOption.List(
        ["--from"], "OBJECT", "Only what this depends on: its servers, and with --depth their servers.", ObjectReference.Parse);

    private readonly Option<int?> _depth = ParsedOption.Optional(
        ["--depth"], "N", "How many edges in a row to follow from OBJECT, --to and --from: a number, or all. (default 1)", ParseDepth);

    private readonly Option<bool> _onlyDropped = new("--only-dropped") { Description = "Only edges with failed connections." };

    private readonly Option<MapLevel?> _by = ParsedOption.Optional(
        ["--by"], Levels, "Add up edges by what their ends are. (default: clients by workload, servers by what was called)");

    private readonly Option<MapOrder> _sort = ParsedOption.WithDefault(
        ["--sort"], Orders, "What comes first: names in order, or the highest number.", "name");

    private readonly Option<int?> _top = ParsedOption.Optional(
        ["--top"], "N", "Only the first N edges.", OptionParsers.Number(1, int.MaxValue));

    public void AddTo(Command command)
    {
        command.Add(_objects);
        foreach (Option option in (Option[])[_to, _from, _depth, _onlyDropped, _by, _sort, _top])
            command.Add(option);
        command.Validators.Add(result =>
        {
            bool hasObject = result.GetResult(_objects) is { Tokens.Count: > 0 }
                || result.GetResult(_to) is { Implicit: false } || result.GetResult(_from) is { Implicit: false };
            if (!hasObject && result.GetResult(_depth) is { Implicit: false })
                result.AddError($"{_depth.Name} needs an object to start from: OBJECT, {_to.Name} or {_from.Name}");
        });
    }

    public MapView Read(ParseResult parse) => new()
    {
        Objects = parse.GetValue(_objects) ?? [],
        To = parse.GetValue(_to) ?? [],
        From = parse.GetValue(_from) ?? [],
        Depth = parse.GetValue(_depth) ?? 1,
        OnlyDropped = parse.GetValue(_onlyDropped),
        Level = parse.GetValue(_by) ?? MapLevel.Called,
        Order = parse.GetValue(_sort),
        Top = parse.GetValue(_top),
    };

    private static ObjectReference Parse(ArgumentResult result, string text)
    {
        Parsed<ObjectReference> parsed = ObjectReference.Parse(text);
        if (parsed.Error is { } error)
            result.AddError(UsageError.InvalidValue(text, "OBJECT", error));
        return parsed.Value;
    }

    private static Parsed<int> ParseDepth(string text) =>
        text.Equals("all", StringComparison.OrdinalIgnoreCase) ? int.MaxValue
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int depth) && depth > 0 ? depth
        : Parsed<int>.Invalid("use a number, 1 or more, or all");
}
