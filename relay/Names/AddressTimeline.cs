using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>
/// Who owned each address when: an address used again names the old pod before and the new one after. Immutable; a
/// snapshot of the cluster makes the next one.
/// </summary>
internal sealed class AddressTimeline
{
    public static readonly AddressTimeline Empty = new([], []);

    /// <summary>How long a former owner is remembered.</summary>
    public const long History = 10 * UnixTime.Minute;

    /// <summary>A pod is seen on the wire before the API says its address: so much earlier it still is the pod.</summary>
    public const long EarlyTraffic = UnixTime.Minute;

    private readonly Dictionary<Address, Ownership[]> _pods;
    private readonly Dictionary<Address, Owner> _nodes;

    private AddressTimeline(Dictionary<Address, Ownership[]> pods, Dictionary<Address, Owner> nodes) => (_pods, _nodes) = (pods, nodes);

    /// <summary>The owner at a time (Unix nanoseconds), or null where nobody known owned it. Allocates nothing.</summary>
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
    /// Whether the pod that has the address is to be gone, and may be by now: another may have it before that is heard.
    /// </summary>
    public bool MayHaveChanged(Address address) =>
        _pods.TryGetValue(address, out Ownership[]? owners) && owners[^1] is { To: long.MaxValue, Deleted: not long.MaxValue };

    /// <summary>The pod at a time, or null where the address was no pod's.</summary>
    public Owner? PodAt(Address address, long time) => OwnerAt(address, time) is { Pod: not null } pod ? pod : null;

    /// <summary>What is known after a snapshot of the cluster that was taken at <paramref name="now"/>.</summary>
    public AddressTimeline With(ClusterObjects objects, long now)
    {
        Dictionary<Address, PodObject> claims = Claims(objects);
        var pods = new Dictionary<Address, Ownership[]>(claims.Count);
        foreach ((Address address, Ownership[] former) in WithEnded(objects, claims))
        {
            Ownership[] next = Next(former, claims.GetValueOrDefault(address), objects, now);
            if (next.Length > 0)
                pods[address] = next;
        }

        foreach ((Address address, PodObject pod) in claims)
        {
            // At the first snapshot nobody can say who came before.
            long from = this == Empty ? long.MinValue : Math.Min(pod.Started ?? now, now);
            pods.TryAdd(address, [Ownership.Of(pod, objects, from)]);
        }

        return new AddressTimeline(pods, objects.Nodes
            .SelectMany(node => node.Addresses.Select(address => (address, node.Name)))
            .DistinctBy(pair => pair.address)
            .ToDictionary(pair => pair.address, pair => new Owner(pair.Name)));
    }

    // Pods that came and went since the snapshot before: no snapshot has them.
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
                    continue; // Next sees that it is gone
                long from = Math.Min(pod.Started ?? at, at);
                if (former is [.., { To: long.MaxValue } last])
                {
                    if (claims.GetValueOrDefault(address)?.Id == last.PodId)
                        continue;
                    former = [.. former[..^1], last with { To = Math.Max(last.From, Math.Min(from, last.Deleted)) }];
                }

                // Deleted is in whole seconds, rounded down.
                from = former.Length > 0 ? Math.Max(from, former[^1].To) : from;
                all[address] = [.. former, Ownership.Of(pod, objects, from) with { To = Math.Max(from, Math.Min(at, pod.Deleted + UnixTime.Second ?? at)) }];
            }
        }

        return all;
    }

    // Pods of the host network use their node's address, and finished ones list an address that is no longer theirs.
    private static Dictionary<Address, PodObject> Claims(ClusterObjects objects)
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

    private static Ownership[] Next(Ownership[] former, PodObject? claim, ClusterObjects objects, long now)
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
                next[^1] = last = last with { To = Math.Max(last.From, Math.Min(Latest(claim, now), last.Deleted)) };
            if (claim is not null)
                next.Add(Ownership.Of(claim, objects, Math.Max(last.To, Math.Min(claim.Started ?? now, now))));
        }

        next.RemoveAll(o => o.To < now - History);
        return [.. next];
    }

    // A pod starts shortly before it has its address. One that started long ago was not heard of until now, for the API
    // server was away: then its start tells better than now when the former owner was gone.
    private static long Latest(PodObject? claim, long now) => claim?.Started is { } started && started < now - EarlyTraffic ? started : now;

    /// <param name="From">Unix nanoseconds, included.</param>
    /// <param name="To">Unix nanoseconds, excluded; the maximum while it lasts.</param>
    /// <param name="Deleted">When the pod is to be gone, as last heard; the maximum where nobody deleted it.</param>
    private readonly record struct Ownership(long From, long To, Owner Owner, string PodId, long Deleted)
    {
        public static Ownership Of(PodObject pod, ClusterObjects objects, long from) => new(
            from,
            long.MaxValue,
            WorkloadNames.OwnerOf(pod, objects),
            pod.Id,
            pod.Deleted ?? long.MaxValue);
    }
}
