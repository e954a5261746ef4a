using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>One end of a flow or an edge, as filters see it. What is not known is null, and matches no filter.</summary>
internal readonly record struct FilteredEnd
{
    /// <summary>Of the service if there is one, otherwise of the pod.</summary>
    public string? Namespace { get; private init; }

    /// <summary>Null for a node and for an end outside the cluster.</summary>
    public string? PodNamespace { get; private init; }
    public string? Pod { get; private init; }

    /// <summary><c>KIND/NAME</c></summary>
    public string? Workload { get; private init; }

    /// <summary>In <see cref="Namespace"/>.</summary>
    public string? Service { get; private init; }
    public string? Node { get; private init; }

    /// <summary>Of the pod; null if it has none.</summary>
    public LabelSet? Labels { get; private init; }
    public IReadOnlyList<string> Names { get; private init; }

    /// <summary>Before translation.</summary>
    public Address? Address { get; private init; }

    /// <summary>After translation; null if that changed nothing.</summary>
    public Address? BackendAddress { get; private init; }

    /// <summary>Before translation; 0 if unknown.</summary>
    public uint Port { get; private init; }

    /// <summary>After translation; 0 if that changed nothing.</summary>
    public uint BackendPort { get; private init; }

    public static FilteredEnd SourceOf(in NamedFlow flow) => Of(flow.SourceOwner) with
    {
        Namespace = flow.SourceOwner?.Namespace,
        Names = [],
        Address = flow.Source.Address,
        Port = flow.Source.Port,
    };

    public static FilteredEnd DestinationOf(in NamedFlow flow) => Of(flow.DestinationOwner) with
    {
        Namespace = flow.Service?.Namespace ?? flow.DestinationOwner?.Namespace,
        Service = flow.Service?.Name,
        Names = flow.ResolvedName?.All ?? [],
        Address = flow.Destination.Address,
        Port = flow.Destination.Port,
        BackendAddress = flow.Backend?.Address,
        BackendPort = flow.Backend?.Port ?? 0,
    };

    /// <summary>An end of an edge, which is no single pod.</summary>
    public static FilteredEnd Of(V1.Endpoint end) => new()
    {
        Namespace = Known(end.Namespace),
        PodNamespace = Known(end.Namespace),
        Workload = Known(end.Workload),
        Service = Known(end.Service),
        Node = Known(end.Node),
        Names = end.Name.Length > 0 ? [end.Name] : [],
        Address = Flows.Address.TryParse(Known(end.Ip), out Address address) ? address : null,
        Port = end.Port,
    };

    private static FilteredEnd Of(Owner? owner) => new()
    {
        PodNamespace = owner?.Namespace,
        Pod = owner?.Pod,
        Workload = owner?.Workload,
        Node = owner?.Node,
        Labels = owner?.Labels,
    };

    private static string? Known(string text) => text.Length > 0 ? text : null;
}
