using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>
/// A reader's filter, for flows and for edges: for each list that is not empty, one entry must match, and no excluded filter may.
/// Probes and Depmap's own flows match only on request.
/// </summary>
internal sealed class FlowFilter
{
    private readonly Filter _filter;
    private readonly EndRules _source, _destination, _either, _formerEither;
    private readonly FlowFilter[] _excluded;

    /// <param name="filter">The reader's filter; null is an empty filter.</param>
    /// <param name="serving">Finds the workloads that serve a service.</param>
    public FlowFilter(Filter? filter, ServingWorkloads serving)
    {
        _filter = filter ?? new Filter();
        _source = new EndRules(_filter.Source, serving, isSource: true);
        _destination = new EndRules(_filter.Destination, serving, isSource: false);
        _either = new EndRules(_filter.Either, serving, isSource: false);
        // The lists that older plugins send. Only a server has a service, and a client's port is not meant.
        _formerEither = new EndRules(
            new EndFilter { Namespaces = { _filter.Namespaces }, Pods = { _filter.Pods }, Services = { _filter.Services } },
            serving,
            isSource: false);
        _excluded = [.. _filter.Excluded.Select(excluded => new FlowFilter(excluded, serving))];
    }

    public bool Passes(in NamedFlow flow)
    {
        if (!IsWanted(flow.IsProbe, flow.IsOwn))
            return false;
        (FilteredEnd source, FilteredEnd destination) = (FilteredEnd.SourceOf(flow), FilteredEnd.DestinationOf(flow));
        if (!Matches(flow, source, destination))
            return false;
        foreach (FlowFilter excluded in _excluded)
        {
            if (excluded.Matches(flow, source, destination))
                return false;
        }

        return true;
    }

    /// <summary>Whether edges of this kind are wanted: probes and own flows are shown on request.</summary>
    public bool IsWanted(Edge edge) => IsWanted(edge.Probe, edge.Depmap);

    /// <summary>
    /// Whether an edge of any kind matches. A verdict or drop reason matches edges that have such flows, and excludes edges that have
    /// no others.
    /// </summary>
    public bool Matches(Edge edge)
    {
        (FilteredEnd source, FilteredEnd destination) = (FilteredEnd.Of(edge.Source), FilteredEnd.Of(edge.Destination));
        return Matches(edge, source, destination, ofAll: false)
            && !Array.Exists(_excluded, excluded => excluded.Matches(edge, source, destination, ofAll: true));
    }

    private bool IsWanted(bool isProbe, bool isOwn) => (_filter.IncludeProbes || !isProbe) && (_filter.IncludeDepmap || !isOwn);

    private bool Matches(in NamedFlow flow, in FilteredEnd source, in FilteredEnd destination) =>
        Matches(flow.Protocol, source, destination)
        && (_filter.Verdicts.Count == 0 || _filter.Verdicts.Contains(flow.Decision.Verdict))
        && (!HasReasons
            || (flow.Decision.Verdict == Verdict.Dropped && IsReason(flow.Decision.Reason, flow.Decision.Detail ?? "")));

    private bool Matches(Edge edge, in FilteredEnd source, in FilteredEnd destination, bool ofAll) =>
        Matches(edge.Protocol, source, destination)
        && (_filter.Verdicts.Count == 0
            || HasSome(CountOf(edge, Verdict.Forwarded) + CountOf(edge, Verdict.Dropped), edge, ofAll))
        && (!HasReasons
            || HasSome(
                (ulong)edge.Drops.Where(drop => IsReason(drop.Reason, drop.Detail)).Sum(drop => (decimal)drop.Count), edge, ofAll));

    private bool Matches(Protocol protocol, in FilteredEnd source, in FilteredEnd destination) =>
        (_filter.Protocols.Count == 0 || _filter.Protocols.Contains(protocol))
        && (_filter.Ports.Count == 0 || _filter.Ports.Contains(destination.Port) || _filter.Ports.Contains(destination.BackendPort))
        && _source.Match(source)
        && _destination.Match(destination)
        && _either.MatchEither(source, destination)
        && _formerEither.MatchEither(source, destination);

    private ulong CountOf(Edge edge, Verdict verdict) =>
        !_filter.Verdicts.Contains(verdict) ? 0 : verdict == Verdict.Forwarded ? edge.Forwarded : edge.Dropped;

    private static bool HasSome(ulong count, Edge edge, bool ofAll) =>
        ofAll ? count == edge.Forwarded + edge.Dropped : count > 0;

    private bool HasReasons => _filter.DropReasons.Count + _filter.DropDetails.Count > 0;

    private bool IsReason(DropReason reason, string detail)
    {
        if (_filter.DropReasons.Contains(reason))
            return true;
        foreach (string wanted in _filter.DropDetails)
        {
            if (detail.Equals(wanted, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
