using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>What a user's reference stands for: as of now for policies, and in the flows that are remembered.</summary>
internal sealed class ReferenceMatch
{
    /// <summary>Pods that are looked at; those of one workload rarely differ.</summary>
    private const int MaxEnds = 20;

    private readonly Reference _reference;
    private readonly Address? _address;
    private readonly HashSet<Address> _backends = [];

    private ReferenceMatch(Reference reference) => _reference = reference;

    private ReferenceMatch(Reference reference, Address address)
        : this(reference) => _address = address;

    /// <summary>Such as <c>Deployment shop/web (2 pods)</c>; empty if the cluster has nothing of this name.</summary>
    public string Description { get; private set; } = "";

    /// <summary>At most 20.</summary>
    public IReadOnlyList<PolicyEnd> Ends { get; private set; } = [];

    /// <summary>The service that it names; null for others.</summary>
    public ServiceObject? Service { get; private set; }

    /// <summary>
    /// The name that is most like one that was not found, such as <c>shop/cart</c>; for namespaces and nodes only the name.
    /// </summary>
    public IReadOnlyList<string> Nearest { get; private set; } = [];

    public static ReferenceMatch Find(Reference reference, ClusterNames names, bool isDestination, long now)
    {
        ReferenceMatch match = reference.Kind == ReferenceKind.Address && Address.TryParse(reference.Name, out Address address)
            ? new ReferenceMatch(reference, address)
            : new ReferenceMatch(reference);
        match.FindIn(names, isDestination, now);
        return match;
    }

    public bool IsSource(in NamedFlow flow) => Matches(flow.SourceOwner, flow.Source.Address, null)
        || (Service is not null && flow.SourceOwner is { Pod: not null } && _backends.Contains(flow.Source.Address));

    public bool IsDestination(in NamedFlow flow) =>
        (Service is { } service && flow.Service == service.Id)
        || Matches(flow.DestinationOwner, (flow.Backend ?? flow.Destination).Address, flow.ResolvedName)
        || flow.Destination.Address == _address;

    /// <summary>For a name outside, whose addresses only the flows have.</summary>
    public void AddEnd(in NamedFlow flow)
    {
        var end = new PolicyEnd(flow.DestinationOwner, flow.Destination.Address);
        if (_reference.Kind == ReferenceKind.Outside && Ends.Count < MaxEnds && !Ends.Contains(end))
        {
            Ends = [.. Ends, end];
            Description = $"{_reference.Name} ({Count(Ends.Count, "address", "addresses")})";
        }
    }

    private bool Matches(Owner? owner, Address address, ResolvedName? name) => _reference.Kind switch
    {
        ReferenceKind.Address => address == _address,
        ReferenceKind.Outside => name?.All.Contains(_reference.Name) == true,
        ReferenceKind.Node => owner is { Pod: null } && owner.Node == _reference.Name,
        ReferenceKind.Namespace => owner is { Pod: not null } && owner.Namespace == _reference.Name,
        ReferenceKind.Service => false,
        _ => owner is { Pod: not null } && IsNamed(owner),
    };

    private bool IsNamed(Owner pod)
    {
        if (pod.Namespace != _reference.Namespace)
            return false;
        bool isPod = _reference.Kind != ReferenceKind.Workload && pod.Pod == _reference.Name;
        if (isPod || _reference.Kind == ReferenceKind.Pod || pod.Workload?.Split('/') is not [var kind, var name])
            return isPod;
        return name == _reference.Name && (_reference.WorkloadKind.Length == 0 || _reference.WorkloadKind == kind);
    }

    private void FindIn(ClusterNames names, bool isDestination, long now)
    {
        ClusterObjects objects = names.Objects;
        if (_reference.Kind is ReferenceKind.Service or ReferenceKind.Any)
        {
            var id = new ServiceId(_reference.Namespace, _reference.Name);
            // A client is a workload rather than the service of the same name.
            ServiceObject? service = objects.Services.Find(each => each.Id == id);
            if (service is not null && (isDestination || _reference.Kind == ReferenceKind.Service || !Owners(objects).Any()))
            {
                Set(service, names, now);
                return;
            }
        }

        if (_address is { } address)
        {
            Set(address, names, now);
            return;
        }

        if (_reference.Kind == ReferenceKind.Node)
        {
            NodeObject? node = objects.Nodes.Find(each => each.Name == _reference.Name);
            Ends = [.. (node?.Addresses ?? []).Take(MaxEnds).Select(each => new PolicyEnd(new Owner(_reference.Name), each))];
            Description = node is null ? "" : $"node {node.Name}";
        }
        else if (_reference.Kind != ReferenceKind.Outside)
        {
            (Owner Owner, Address Address)[] found = [.. Owners(objects)];
            Ends = [.. found.Take(MaxEnds).Select(pod => new PolicyEnd(pod.Owner, pod.Address))];
            Description = Describe(found);
        }

        if (Description.Length == 0)
            Nearest = FindNearest(objects);
    }

    private IEnumerable<(Owner Owner, Address Address)> Owners(ClusterObjects objects) => FinishedPods.Exclude(objects.Pods)
        .Where(pod => pod.Addresses.Count > 0 && pod.Namespace == (_reference.Kind == ReferenceKind.Namespace
            ? _reference.Name : _reference.Namespace))
        .Select(pod => (Owner: WorkloadNames.GetOwner(pod, objects), pod.Addresses[0]))
        .Where(pod => Matches(pod.Owner, pod.Item2, null));

    private void Set(ServiceObject service, ClusterNames names, long now)
    {
        Service = service;
        foreach (SliceObject slice in names.Objects.Slices.Where(slice => slice.Service == service.Id))
            _backends.UnionWith(slice.Endpoints.Select(endpoint => endpoint.Address));
        Ends =
        [
            .. _backends.Take(MaxEnds).Select(address => new PolicyEnd(names.Addresses.OwnerAt(address, now), address)),
        ];
        Description = $"service {service.Id.Namespace}/{service.Id.Name} ({Count(_backends.Count, "endpoint", "endpoints")})";
    }

    private void Set(Address address, ClusterNames names, long now)
    {
        if (names.Objects.Services.Find(each => each.Addresses.Contains(address)) is { } service)
        {
            Set(service, names, now);
            return;
        }

        var end = new PolicyEnd(names.Addresses.OwnerAt(address, now), address);
        Ends = [end];
        Description = end.Owner is null ? $"{address} (outside the cluster)" : $"{address} ({end})";
    }

    private string Describe((Owner Owner, Address Address)[] pods)
    {
        if (pods.Length == 0)
            return "";
        if (_reference.Kind == ReferenceKind.Namespace)
            return $"namespace {_reference.Name} ({Count(pods.Length, "pod", "pods")})";
        string workload = pods[0].Owner.Workload!;
        return pods.Length == 1 && pods[0].Owner.Pod == _reference.Name
            ? $"pod {_reference.Namespace}/{_reference.Name}"
            : $"{workload.Split('/')[0]} {_reference.Namespace}/{_reference.Name} ({Count(pods.Length, "pod", "pods")})";
    }

    private string[] FindNearest(ClusterObjects objects)
    {
        IEnumerable<(string Namespace, string Name)> candidates = _reference.Kind switch
        {
            ReferenceKind.Namespace => objects.Namespaces.Select(ns => ("", ns.Name)),
            ReferenceKind.Node => objects.Nodes.Select(node => ("", node.Name)),
            ReferenceKind.Service => Services(objects),
            ReferenceKind.Any => Workloads(objects).Concat(Services(objects)),
            _ => Workloads(objects),
        };
        // Of names that are equally like it, one in its namespace.
        (string Namespace, string Name)[] known =
        [
            .. candidates.Distinct().OrderBy(one => one.Namespace != _reference.Namespace)
                .ThenBy(one => one.Namespace, StringComparer.Ordinal).ThenBy(one => one.Name, StringComparer.Ordinal),
        ];
        if (Common.Options.NearestWord.Find(_reference.Name, known.Select(one => one.Name).Distinct()) is not { } word)
            return [];
        (string ns, string name) = known.First(one => one.Name == word);
        return [ns.Length > 0 ? $"{ns}/{name}" : name];
    }

    private static IEnumerable<(string Namespace, string Name)> Services(ClusterObjects objects) =>
        objects.Services.Select(service => (service.Id.Namespace, service.Id.Name));

    private static IEnumerable<(string Namespace, string Name)> Workloads(ClusterObjects objects) => objects.Pods
        .Select(pod => (pod.Namespace, WorkloadNames.GetWorkload(pod, objects).Split('/')[^1]));

    private static string Count(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";
}
