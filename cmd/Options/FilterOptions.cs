using System.CommandLine;
using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Options;

/// <summary>The options that filter flows, the same for all commands. The relay evaluates them.</summary>
internal sealed class FilterOptions
{
    private static readonly Choice<Verdict> VerdictWords = new(("FORWARDED", Verdict.Forwarded), ("DROPPED", Verdict.Dropped));
    private static readonly Choice<Protocol> ProtocolWords = new(("tcp", Protocol.Tcp), ("udp", Protocol.Udp));

    private readonly IReadOnlyList<FilterFlag> _flags;
    private readonly Option<Action<Filter>[]> _not;

    private readonly Option<bool> _allNamespaces = new("--all-namespaces", "-A")
    {
        Description = "Flows of all namespaces. (default unless --namespace is given)",
    };

    private readonly Option<bool> _probes = new("--include-probes")
    {
        Description = "Also the kubelets' probes of the pods on their node.",
    };

    private readonly Option<bool> _depmap = new("--include-depmap")
    {
        Description = "Also the flows of Depmap itself: from its agents to the relay, and from the relay.",
    };

    /// <param name="forEdges">Whether edges are filtered, whose ends are workloads and not pods.</param>
    public FilterOptions(bool forEdges)
    {
        _flags =
        [
            .. EndFlags.Create(forEdges),
            FilterFlag.Of("--verdict", VerdictWords, "Only flows with this verdict.", (filter, value) => filter.Verdicts.Add(value)),
            DropReasonFlag.Create(),
            FilterFlag.Of("--protocol", ProtocolWords, "Only flows of this protocol.", (filter, value) => filter.Protocols.Add(value)),
        ];
        _not = ParsedOption.List(
            ["--not"],
            "FILTER=VALUE",
            "Leave out flows that match this filter, one of the flags above, such as --not to-port=53 or --not --to-port 53. "
                + "May be repeated.",
            ParseExcluded,
            separator: null);
        _not.CompletionSources.Add([.. _flags.Select(flag => $"{flag.Name}=")]);
    }

    public void AddTo(Command command)
    {
        Option ns = _flags[0].Option;
        command.Validators.Add(result =>
        {
            if (((Option[])[_allNamespaces, ns]).All(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{_allNamespaces.Name} and {ns.Name} cannot be used together");
        });
        command.Add(ns);
        command.Add(_allNamespaces);
        foreach (Option option in (Option[])[.. _flags.Skip(1).Select(flag => flag.Option), _not, _probes, _depmap])
            command.Add(option);
    }

    public IEnumerable<Option> All => [.. _flags.Select(flag => flag.Option), _allNamespaces, _not, _probes, _depmap];

    public Filter Read(ParseResult parse)
    {
        var filter = new Filter { IncludeProbes = parse.GetValue(_probes), IncludeDepmap = parse.GetValue(_depmap) };
        foreach (Action<Filter> add in _flags.SelectMany(flag => parse.GetValue(flag.Option) ?? []).Concat(parse.GetValue(_not) ?? []))
            add(filter);
        return filter;
    }

    private Parsed<Action<Filter>> ParseExcluded(string text)
    {
        string name = text.Split('=')[0].TrimStart('-');
        FilterFlag? flag = _flags.FirstOrDefault(flag => flag.Name == name || flag.Option.Aliases.Contains($"-{name}"));
        if (flag is null || !text.Contains('='))
        {
            string use = "use FILTER=VALUE, such as namespace=kube-system";
            string? nearest = flag is null ? NearestWord.Find(name, _flags.Select(flag => flag.Name)) : null;
            return Parsed<Action<Filter>>.Invalid(nearest is null ? use : $"{use}, did you mean {nearest}?");
        }

        (Action<Filter> add, string? error) = flag.ParseAll(text[(text.IndexOf('=') + 1)..]);
        if (error is not null)
            return Parsed<Action<Filter>>.Invalid(error);
        var excluded = new Filter();
        add(excluded);
        return new Parsed<Action<Filter>>(filter => filter.Excluded.Add(excluded), null);
    }
}
