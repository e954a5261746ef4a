using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>
/// The owners of each address over time: for a reused address, the old pod before and the new pod after. Immutable; each
/// snapshot of the cluster creates the next timeline.
/// </summary>
internal sealed class AddressTimeline
{
    public static readonly AddressTimeline Empty = new([], []);

    /// <summary>How long a former owner is kept.</summary>
    public const long History = 10 * UnixTime.Minute;

    /// <summary>A pod sends packets before the API publishes its address: packets up to this much earlier are attributed to it.</summary>
    public const long EarlyTraffic = UnixTime.Minute;

    private readonly Dictionary<Address, Ownership[]> _pods;
    private readonly Dictionary<Address, Owner> _nodes;

    private AddressTimeline(Dictionary<Address, Ownership[]> pods, Dictionary<Address, Owner> nodes) => (_pods, _nodes) = (pods, nodes);

    /// <summary>The owner at a time (Unix nanoseconds), or null if there was no known owner. Does not allocate.</summary>
    public Owner? OwnerAt(Address address, long time)
    {
        if (!_pods.TryGetValue(address, out Ownership[]? owners))
            return _nodes.GetValueOrDefault(address);
        for (int i = owners.Length - 1; i >= 0; i--)
        {
            if (time >= owners[i].From)
                return time < owners[i].To ? owners[i].Owner : null;
        }

        return owners[0].From - time <= EarlyTraffic ? owners[0].Owner : null;
    }

    /// <summary>
    /// Whether the pod that owns the address is being deleted: another pod may own the address before the API reports it.
    /// </summary>
    public bool MayChangeOwner(Address address) =>
        _pods.TryGetValue(address, out Ownership[]? owners) && owners[^1] is { To: long.MaxValue, Deleted: not long.MaxValue };

    /// <summary>The pod at a time, or null if no pod owned the address.</summary>
    public Owner? PodAt(Address address, long time) => OwnerAt(address, time) is { Pod: not null } pod ? pod : null;

    /// <summary>The timeline extended by a snapshot of the cluster, taken at <paramref name="now"/>.</summary>
    public AddressTimeline With(ClusterObjects objects, long now)
    {
        Dictionary<Address, PodObject> claims = GetClaims(objects);
        var pods = new Dictionary<Address, Ownership[]>(claims.Count);
        foreach ((Address address, Ownership[] former) in WithEnded(objects, claims))
        {
            Ownership[] next = Extend(former, claims.GetValueOrDefault(address), objects, now);
            if (next.Length > 0)
                pods[address] = next;
        }

        foreach ((Address address, PodObject pod) in claims)
        {
            // Before the first snapshot, earlier owners are not known.
            long from = this == Empty ? long.MinValue : Math.Min(pod.Started ?? now, now);
            pods.TryAdd(address, [Ownership.Of(pod, objects, from)]);
        }

        return new AddressTimeline(pods, objects.Nodes
            .SelectMany(node => node.Addresses.Select(address => (address, node.Name)))
            .DistinctBy(pair => pair.address)
            .ToDictionary(pair => pair.address, pair => new Owner(pair.Name)));
    }

    // Adds pods that were created and ended since the previous snapshot: no snapshot contains them.
    private Dictionary<Address, Ownership[]> WithEnded(ClusterObjects objects, Dictionary<Address, PodObject> claims)
    {
        if (objects.EndedPods.Count == 0)
            return _pods;
        var all = new Dictionary<Address, Ownership[]>(_pods);
        foreach ((PodObject pod, long at) in objects.EndedPods.Where(ended => !ended.Object.HostNetwork))
        {
            foreach (Address address in pod.Addresses)
            {
                Ownership[] former = all.GetValueOrDefault(address, []);
                if (former.Any(o => o.PodId == pod.Id))
                    continue; // Extend ends it
                long from = Math.Min(pod.Started ?? at, at);
                if (former is [.., { To: long.MaxValue } last])
                {
                    if (claims.GetValueOrDefault(address)?.Id == last.PodId)
                        continue;
                    former = [.. former[..^1], last with { To = Math.Max(last.From, Math.Min(from, last.Deleted)) }];
                }

                // The deletion time is in whole seconds, rounded down.
                from = former.Length > 0 ? Math.Max(from, former[^1].To) : from;
                long to = Math.Max(from, Math.Min(at, pod.Deleted + UnixTime.Second ?? at));
                all[address] = [.. former, Ownership.Of(pod, objects, from) with { To = to }];
            }
        }

        return all;
    }

    // Host-network pods use their node's address.
    private static Dictionary<Address, PodObject> GetClaims(ClusterObjects objects)
    {
        var claims = new Dictionary<Address, PodObject>();
        foreach (PodObject pod in FinishedPods.Exclude(objects.Pods))
        {
            if (pod.HostNetwork)
                continue;
            foreach (Address address in pod.Addresses)
            {
                if (!claims.TryGetValue(address, out PodObject? other) || (pod.Started ?? 0) > (other.Started ?? 0))
                    claims[address] = pod;
            }
        }

        return claims;
    }

    private static Ownership[] Extend(Ownership[] former, PodObject? claim, ClusterObjects objects, long now)
    {
        List<Ownership> next = [.. former];
        Ownership last = next[^1];
        if (last.To == long.MaxValue && last.PodId == claim?.Id)
        {
            next[^1] = Ownership.Of(claim, objects, last.From);
        }
        else
        {
            if (last.To == long.MaxValue)
                next[^1] = last = last with { To = Math.Max(last.From, Math.Min(GetLatestEnd(claim, now), last.Deleted)) };
            if (claim is not null)
                next.Add(Ownership.Of(claim, objects, Math.Max(last.To, Math.Min(claim.Started ?? now, now))));
        }

        next.RemoveAll(o => o.To < now - History);
        return [.. next];
    }

    // A pod starts shortly before it gets its address. If it started long ago, the API server was unreachable in between:
    // then its start is a better estimate of when the former owner ended.
    private static long GetLatestEnd(PodObject? claim, long now) =>
        claim?.Started is { } started && started < now - EarlyTraffic ? started : now;

    /// <param name="From">Unix nanoseconds, inclusive.</param>
    /// <param name="To">Unix nanoseconds, exclusive; the maximum value for the current owner.</param>
    /// <param name="Deleted">The pod's deletion timestamp; the maximum value if the pod is not being deleted.</param>
    private readonly record struct Ownership(long From, long To, Owner Owner, string PodId, long Deleted)
    {
        public static Ownership Of(PodObject pod, ClusterObjects objects, long from) => new(
            from,
            long.MaxValue,
            WorkloadNames.GetOwner(pod, objects),
            pod.Id,
            pod.Deleted ?? long.MaxValue);
    }
}
