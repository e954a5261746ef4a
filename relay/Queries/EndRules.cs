using System.IO.Enumeration;
using Depmap.Common.Options;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>What a filter requires of an end: one rule for each list that is not empty.</summary>
internal sealed class EndRules
{
    // IPv4 addresses are stored mapped.
    private const int AllBits = 128;

    private delegate bool Rule(in FilteredEnd end);

    private delegate bool Test<T>(in FilteredEnd end, T entry);

    private readonly List<Rule> _rules = [];

    /// <param name="filter">Null is an empty filter.</param>
    /// <param name="serving">Finds the workloads that serve a service.</param>
    /// <param name="isSource">Whether the end is a client.</param>
    public EndRules(EndFilter? filter, ServingWorkloads serving, bool isSource)
    {
        filter ??= new EndFilter();
        AddNamespaces(filter.Namespaces);
        AddPods(filter.Pods);
        if (isSource)
            AddServed(filter.Services, serving);
        else
            AddServices(filter.Services);
        Add(filter.Workloads, WorkloadPattern.Parse, (in FilteredEnd end, WorkloadPattern workload) => workload.Matches(end));
        Add(filter.Nodes, node => node, (in FilteredEnd end, string node) => end.Node == node);
        Add(filter.Selectors, text => LabelQuery.Parse(text).Value, Selects);
        Add(filter.Addresses, ParseRange, Contains);
        Add(filter.Names, name => name, IsNamed);
        Add(filter.Ports, port => port, (in FilteredEnd end, uint port) => end.Port == port || end.BackendPort == port);
    }

    /// <summary>Whether the end matches one entry of each list.</summary>
    public bool Match(in FilteredEnd end)
    {
        foreach (Rule rule in _rules)
        {
            if (!rule(end))
                return false;
        }

        return true;
    }

    /// <summary>Whether for each list, one of the ends matches one entry.</summary>
    public bool MatchEither(in FilteredEnd source, in FilteredEnd destination)
    {
        foreach (Rule rule in _rules)
        {
            if (!rule(source) && !rule(destination))
                return false;
        }

        return true;
    }

    private void AddNamespaces(IReadOnlyCollection<string> names) =>
        Add(names, name => name, (in FilteredEnd end, string name) => end.Namespace == name);

    private void AddPods(IReadOnlyCollection<string> names) => Add(
        names,
        NamePattern.Parse,
        (in FilteredEnd end, NamePattern pod) =>
            end.Pod is { } name && pod.AllowsNamespace(end.PodNamespace) && name.StartsWith(pod.Name, StringComparison.Ordinal));

    private void AddServices(IReadOnlyCollection<string> names) => Add(
        names,
        NamePattern.Parse,
        (in FilteredEnd end, NamePattern service) => end.Service == service.Name && service.AllowsNamespace(end.Namespace));

    private void AddServed(IReadOnlyCollection<string> services, ServingWorkloads serving)
    {
        if (services.Count == 0)
            return;
        HashSet<(string, string)> workloads = serving([.. services.Select(NamePattern.Parse)]);
        _rules.Add((in FilteredEnd end) =>
            end is { PodNamespace: { } ns, Workload: { } workload } && workloads.Contains((ns, workload)));
    }

    private void Add<TText, T>(IReadOnlyCollection<TText> texts, Func<TText, T> parse, Test<T> matches)
    {
        if (texts.Count == 0)
            return;
        T[] entries = [.. texts.Select(parse)];
        _rules.Add((in FilteredEnd end) =>
        {
            foreach (T entry in entries)
            {
                if (matches(end, entry))
                    return true;
            }

            return false;
        });
    }

    // Null if the plugin sent something else: it checks what the user types.
    private static bool Selects(in FilteredEnd end, LabelQuery? selector) =>
        end.Pod is not null && selector is not null && selector.Matches(end.Labels ?? LabelSet.Empty, (labels, key) => labels.Find(key));

    // Null matches nothing: a plugin checks what the user types.
    private static AddressRange? ParseRange(string text) =>
        AddressRange.TryParse(text, out AddressRange range) ? range
        : Address.TryParse(text, out Address address) ? new AddressRange(address, AllBits)
        : null;

    private static bool Contains(in FilteredEnd end, AddressRange? range) => range is { } addresses
        && ((end.Address is { } address && addresses.Contains(address))
            || (end.BackendAddress is { } backend && addresses.Contains(backend)));

    private static bool IsNamed(in FilteredEnd end, string pattern)
    {
        foreach (string name in end.Names)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, name))
                return true;
        }

        return false;
    }
}
