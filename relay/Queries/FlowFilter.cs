using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>A reader's filter: for each list that is not empty, one entry must match, at either end.</summary>
internal sealed class FlowFilter
{
    private readonly Filter _filter;
    private readonly NameFilter[] _pods;
    private readonly NameFilter[] _services;

    /// <param name="filter">The reader's filter; null matches everything.</param>
    public FlowFilter(Filter? filter)
    {
        _filter = filter ?? new Filter();
        _pods = [.. _filter.Pods.Select(NameFilter.Parse)];
        _services = [.. _filter.Services.Select(NameFilter.Parse)];
    }

    public bool Passes(in NamedFlow flow)
    {
        string? source = flow.SourceOwner?.Namespace;
        string? destination = flow.Service?.Namespace ?? flow.DestinationOwner?.Namespace;
        return (_filter.Namespaces.Count == 0 || HasNamespace(source) || HasNamespace(destination))
            && (_pods.Length == 0 || IsPod(flow.SourceOwner) || IsPod(flow.DestinationOwner))
            && (_services.Length == 0 || (flow.Service is { } service && IsService(service.Namespace, service.Name)))
            && (_filter.Verdicts.Count == 0 || _filter.Verdicts.Contains(flow.Decision.Verdict))
            && (_filter.Protocols.Count == 0 || _filter.Protocols.Contains(flow.Protocol))
            && (_filter.Ports.Count == 0 || _filter.Ports.Contains(flow.Destination.Port)
                || (flow.Backend is { } backend && _filter.Ports.Contains(backend.Port)));
    }

    /// <summary>Ignores pods. A verdict matches edges that have such flows.</summary>
    public bool Passes(Edge edge) =>
        (_filter.Namespaces.Count == 0 || HasNamespace(edge.Source.Namespace) || HasNamespace(edge.Destination.Namespace))
        && (_services.Length == 0
            || (edge.Destination.Service.Length > 0 && IsService(edge.Destination.Namespace, edge.Destination.Service)))
        && (_filter.Verdicts.Count == 0
            || (edge.Forwarded > 0 && _filter.Verdicts.Contains(Verdict.Forwarded))
            || (edge.Dropped > 0 && _filter.Verdicts.Contains(Verdict.Dropped)))
        && (_filter.Protocols.Count == 0 || _filter.Protocols.Contains(edge.Protocol))
        && (_filter.Ports.Count == 0 || _filter.Ports.Contains(edge.Destination.Port));

    private bool HasNamespace(string? name) => name is not null && _filter.Namespaces.Contains(name);

    private bool IsPod(Owner? owner)
    {
        if (owner?.Pod is null)
            return false;
        foreach (NameFilter pod in _pods)
        {
            if (pod.AllowsNamespace(owner.Namespace!) && owner.Pod.StartsWith(pod.Name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private bool IsService(string ns, string name)
    {
        foreach (NameFilter service in _services)
        {
            if (service.AllowsNamespace(ns) && service.Name == name)
                return true;
        }

        return false;
    }

    /// <summary><c>[NAMESPACE/]NAME</c></summary>
    private readonly record struct NameFilter(string? Namespace, string Name)
    {
        public static NameFilter Parse(string text) =>
            text.Split('/', 2) is [var ns, var name] ? new NameFilter(ns, name) : new NameFilter(null, text);

        public bool AllowsNamespace(string ns) => Namespace is null || Namespace == ns;
    }
}
