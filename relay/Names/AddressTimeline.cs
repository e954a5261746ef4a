using System.Runtime.InteropServices;
using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>
/// The owners of each address over time: for a reused address, the old pod before and the new pod after. Immutable; each
/// snapshot of the cluster creates the next timeline.
/// </summary>
internal sealed class AddressTimeline
{
    public static readonly AddressTimeline Empty = new([], [], [], [], [], long.MinValue);

    /// <summary>How long a former owner is kept.</summary>
    public const long History = 10 * UnixTime.Minute;

    /// <summary>A pod sends packets before the API publishes its address: packets up to this much earlier are attributed to it.</summary>
    public const long EarlyTraffic = UnixTime.Minute;

    /// <summary>
    /// In the first snapshot, a pod owns no time before its start, because the address may have been another pod's: only as much
    /// as the clocks of two nodes may differ.
    /// </summary>
    public const long ClockDifference = 2 * UnixTime.Second;

    private readonly Dictionary<Address, Ownership[]> _pods;
    private readonly Dictionary<Address, Owner> _nodes;

    // Pods that have or had an address: what they get now is another one, which they did not have since their start.
    private readonly HashSet<string> _known;
    private readonly Dictionary<Address, List<PodObject>> _contested;

    // Addresses that several objects of pods have, for whatever reason, such as networks with overlapping ranges.
    private readonly HashSet<Address> _shared;
    private readonly long _takenAt;

    private AddressTimeline(
        Dictionary<Address, Ownership[]> pods,
        Dictionary<Address, Owner> nodes,
        HashSet<string> known,
        Dictionary<Address, List<PodObject>> contested,
        HashSet<Address> shared,
        long takenAt) =>
        (_pods, _nodes, _known, _contested, _shared, _takenAt) = (pods, nodes, known, contested, shared, takenAt);

    /// <summary>The addresses that several running pods have at the moment, with these pods.</summary>
    public IReadOnlyDictionary<Address, List<PodObject>> Contested => _contested;

    /// <summary>The owner at a time, or null if there was no known owner. Does not allocate.</summary>
    /// <param name="address">The address.</param>
    /// <param name="time">Unix nanoseconds.</param>
    /// <param name="interfaceSince">
    /// When the interface appeared at which the address was seen, Unix nanoseconds; null if unknown. It tells two pods apart that had
    /// the address one soon after the other.
    /// </param>
    public Owner? OwnerAt(Address address, long time, long? interfaceSince = null) =>
        _pods.TryGetValue(address, out Ownership[]? owners)
            ? Find(owners, time, interfaceSince)?.Owner
            : _nodes.GetValueOrDefault(address);

    /// <summary>Whether several running pods had the address at a time: its owner is a guess then.</summary>
    public bool IsContestedAt(Address address, long time) =>
        _pods.TryGetValue(address, out Ownership[]? owners) && Find(owners, time) is { Contested: true };

    /// <summary>
    /// Whether no interface on a node can lead to an address, because it is certainly that of a pod on another node, and has been
    /// for a while: the names of a pod that has just taken over an address may be late.
    /// </summary>
    /// <param name="address">The address that was seen at a pod's interface.</param>
    /// <param name="node">The node of the interface.</param>
    /// <param name="time">When it was seen, Unix nanoseconds.</param>
    /// <param name="interfaceSince">See <see cref="OwnerAt"/>: another interface than the known pod's is that of an unknown pod.</param>
    public bool IsElsewhere(Address address, string node, long time, long? interfaceSince) =>
        _pods.TryGetValue(address, out Ownership[]? owners)
        && owners[^1] is { From: not long.MinValue, To: long.MaxValue, Deleted: long.MaxValue, Contested: false } owner
        && owner.Owner.Node.Length > 0 && owner.Owner.Node != node
        && time - owner.From >= EarlyTraffic
        && (interfaceSince is not { } since || owner.MayHave(since))
        && !_shared.Contains(address);

    /// <summary>
    /// Whether the pod that owns the address is being deleted: another pod may own the address before the API reports it, unless
    /// the interface tells them apart.
    /// </summary>
    public bool MayChangeOwner(Address address, long? interfaceSince) =>
        _pods.TryGetValue(address, out Ownership[]? owners)
        && owners[^1] is { To: long.MaxValue, Deleted: not long.MaxValue, Interface: var appeared }
        && (interfaceSince is null || appeared == InterfacePeriod.Any);

    /// <summary>Whether the pod owned one of its addresses, and does so no longer.</summary>
    public bool HasEnded(PodObject pod) => pod.Addresses.Any(address =>
        _pods.TryGetValue(address, out Ownership[]? owners)
        && Array.FindLast(owners, o => o.PodId == pod.Id) is { PodId: not null, To: not long.MaxValue });

    /// <summary>The pod at a time, or null if no pod owned the address.</summary>
    public Owner? PodAt(Address address, long time) => OwnerAt(address, time) is { Pod: not null } pod ? pod : null;

    /// <summary>The timeline extended by a snapshot of the cluster, taken at <paramref name="now"/>.</summary>
    public AddressTimeline With(ClusterObjects objects, long now)
    {
        (Dictionary<Address, Claim> claims, Dictionary<Address, List<PodObject>> contested, HashSet<Address> shared) = GetClaims(objects);
        var pods = new Dictionary<Address, Ownership[]>(claims.Count);
        foreach ((Address address, Ownership[] former) in WithEnded(objects, claims))
        {
            Claim? claim = claims.TryGetValue(address, out Claim found) ? found : null;
            Ownership[] next = Extend(former, claim?.Pod, contested.ContainsKey(address), objects, now);
            if (next.Length > 0)
                pods[address] = next;
        }

        foreach ((Address address, (PodObject pod, _)) in claims)
        {
            // In the first snapshot, a pod whose start is not known may have had its address for ever.
            bool isFirst = ReferenceEquals(this, Empty);
            long from = isFirst && pod.Started is null ? long.MinValue : GetBegin(pod, now);
            Ownership ownership = Ownership.Of(pod, objects, from, contested.ContainsKey(address), InterfaceOf(pod, from, now));
            if (isFirst && pod.Started is not null)
                ownership = ownership with { Earliest = from - ClockDifference };
            pods.TryAdd(address, [ownership]);
        }

        return new AddressTimeline(pods, GetNodes(objects), GetKnown(objects), contested, shared, now);
    }

    private static Ownership? Find(Ownership[] owners, long time, long? interfaceSince)
    {
        Ownership? atTime = Find(owners, time);
        if (interfaceSince is not { } since || atTime?.MayHave(since) == true)
            return atTime;
        Ownership? nearest = null;
        foreach (Ownership owner in owners)
        {
            if (owner.MayHave(since) && (nearest is null || owner.DistanceTo(time) < nearest.Value.DistanceTo(time)))
                nearest = owner;
        }

        // Too recent for a known pod: the API has not reported its pod yet.
        return nearest ?? (time - since < EarlyTraffic ? null : atTime);
    }

    private static Ownership? Find(Ownership[] owners, long time)
    {
        for (int i = owners.Length - 1; i >= 0; i--)
        {
            if (time >= owners[i].From)
                return time < owners[i].To ? owners[i] : null;
        }

        return time >= owners[0].Earliest ? owners[0] : null;
    }

    private static Dictionary<Address, Owner> GetNodes(ClusterObjects objects) => objects.Nodes
        .SelectMany(node => node.Addresses.Select(address => (address, node.Name)))
        .DistinctBy(pair => pair.address)
        .ToDictionary(pair => pair.address, pair => new Owner(pair.Name));

    private HashSet<string> GetKnown(ClusterObjects objects) =>
        [.. objects.Pods.Where(pod => pod.Addresses.Count > 0 || _known.Contains(pod.Id)).Select(pod => pod.Id)];

    // Adds pods that were created and ended since the previous snapshot: no snapshot contains them.
    private Dictionary<Address, Ownership[]> WithEnded(ClusterObjects objects, Dictionary<Address, Claim> claims)
    {
        if (objects.EndedPods.Count == 0)
            return _pods;
        var all = new Dictionary<Address, Ownership[]>(_pods);
        foreach ((PodObject pod, long at) in objects.EndedPods.Where(ended => !ended.Object.HostNetwork))
        {
            foreach (Address address in pod.Addresses.Concat(pod.FurtherAddresses))
            {
                Ownership[] former = all.GetValueOrDefault(address, []);
                if (former.Any(o => o.PodId == pod.Id))
                    continue; // Extend ends it
                long from = GetBegin(pod, at);
                if (former is [.., { To: long.MaxValue } last])
                {
                    if (claims.TryGetValue(address, out Claim claim) && claim.Pod.Id == last.PodId)
                        continue;
                    former = [.. former[..^1], last with { To = Math.Max(last.From, Math.Min(from, last.Deleted)) }];
                }

                // The deletion time is in whole seconds, rounded down.
                from = former.Length > 0 ? Math.Max(from, former[^1].To) : from;
                long to = Math.Max(from, Math.Min(at, pod.Deleted + UnixTime.Second ?? at));
                Ownership ended = Ownership.Of(pod, objects, from, contested: false, InterfaceOf(pod, from, at));
                all[address] = [.. former, ended with { To = to }];
            }
        }

        return all;
    }

    // Host-network pods use their node's address.
    private (Dictionary<Address, Claim> Claims, Dictionary<Address, List<PodObject>> Contested, HashSet<Address> Shared) GetClaims(
        ClusterObjects objects)
    {
        var claims = new Dictionary<Address, Claim>();
        var contested = new Dictionary<Address, List<PodObject>>();
        var shared = new HashSet<Address>();
        foreach (PodObject pod in FinishedPods.Exclude(objects.Pods))
        {
            if (pod.HostNetwork)
                continue;
            foreach (Address address in pod.Addresses)
                Add(address, new Claim(pod, IsPrimary: true));
            foreach (Address address in pod.FurtherAddresses)
                Add(address, new Claim(pod, IsPrimary: false));
        }

        return (claims, contested, shared);

        void Add(Address address, Claim claim)
        {
            ref Claim best = ref CollectionsMarshal.GetValueRefOrAddDefault(claims, address, out bool exists);
            if (exists && claim.Pod.Id != best.Pod.Id)
                shared.Add(address);
            int order = exists ? claim.Rank.CompareTo(best.Rank) : 1;
            if (exists && order == 0 && claim.Pod.Id != best.Pod.Id)
            {
                if (claim.Pod.Deleted is null)
                {
                    if (!contested.TryGetValue(address, out List<PodObject>? pods))
                        contested.Add(address, pods = [best.Pod]);
                    pods.Add(claim.Pod);
                }

                order = CompareAge(best.Pod, claim.Pod, address);
            }
            else if (order > 0)
            {
                contested.Remove(address);
            }

            if (order > 0)
                best = claim;
        }
    }

    /// <summary>
    /// Which of two claims to an address is newer, and so more likely to be right: a pod's former address may stay in its object
    /// for a while. Negative if the first is.
    /// </summary>
    private int CompareAge(PodObject a, PodObject b, Address address)
    {
        int order = HadClaim(a.Id, address).CompareTo(HadClaim(b.Id, address));
        if (order == 0)
            order = IsOwner(b.Id, address).CompareTo(IsOwner(a.Id, address));
        return order != 0 ? order : (b.Started ?? 0).CompareTo(a.Started ?? 0);
    }

    private bool HadClaim(string podId, Address address) => IsOwner(podId, address)
        || (_contested.TryGetValue(address, out List<PodObject>? pods) && pods.Exists(pod => pod.Id == podId));

    private bool IsOwner(string podId, Address address) =>
        _pods.TryGetValue(address, out Ownership[]? owners) && owners[^1] is { To: long.MaxValue } last && last.PodId == podId;

    private Ownership[] Extend(Ownership[] former, PodObject? claim, bool contested, ClusterObjects objects, long now)
    {
        List<Ownership> next = [.. former];
        Ownership last = next[^1];
        if (last.To == long.MaxValue && last.PodId == claim?.Id)
        {
            long from = last.Contested == contested ? last.From : Math.Max(last.From, now);
            if (from > last.From)
                next[^1] = last with { To = from };
            else
                next.RemoveAt(next.Count - 1);
            Ownership same = Ownership.Of(claim, objects, from, contested, last.Interface.Extend(claim));
            next.Add(from > last.From ? same : same with { Earliest = last.Earliest });
        }
        else
        {
            if (last.To == long.MaxValue)
                next[^1] = last = last with { To = Math.Max(last.From, Math.Min(GetLatestEnd(claim, now), last.Deleted)) };
            if (claim is not null)
            {
                long begin = GetBegin(claim, now);
                next.Add(Ownership.Of(claim, objects, Math.Max(last.To, begin), contested, InterfaceOf(claim, begin, now)));
            }
        }

        next.RemoveAll(o => o.To < now - History);
        return [.. next];
    }

    // A pod has its first address since its start. It has another one since its network was set up again, if the kubelet noted
    // that; otherwise only the time is known at which the change was seen.
    private long GetBegin(PodObject pod, long now) =>
        !_known.Contains(pod.Id) ? Math.Min(pod.Started ?? now, now)
        : pod.NetworkReady is { } ready && ready >= Math.Min(_takenAt, now) - EarlyTraffic ? Math.Min(ready, now)
        : now;

    // The interface of a pod's first address appears after the pod's start, and that of another one shortly before the change.
    private InterfacePeriod InterfaceOf(PodObject pod, long begin, long now) =>
        pod.Started is not { } started ? InterfacePeriod.Any
        : InterfacePeriod.Between(_known.Contains(pod.Id) ? begin - EarlyTraffic : started, now);

    // A pod starts shortly before it gets its address. If it started long ago, the API server was unreachable in between:
    // then its start is a better estimate of when the former owner ended.
    private long GetLatestEnd(PodObject? claim, long now) =>
        claim is not null && GetBegin(claim, now) is var begin && (_known.Contains(claim.Id) || begin < now - EarlyTraffic) ? begin : now;

    /// <param name="IsPrimary">The address is in the pod's status; otherwise it is one of a further interface.</param>
    private readonly record struct Claim(PodObject Pod, bool IsPrimary)
    {
        /// <summary>A pod that is being deleted may have lost its address, and further networks may use addresses again.</summary>
        public int Rank => (Pod.Deleted is null ? 2 : 0) + (IsPrimary ? 1 : 0);
    }

    /// <param name="From">Unix nanoseconds, inclusive.</param>
    /// <param name="To">Unix nanoseconds, exclusive; the maximum value for the current owner.</param>
    /// <param name="Earliest">Since when the pod may have had the address if no earlier owner is known.</param>
    /// <param name="Deleted">The pod's deletion timestamp; the maximum value if the pod is not being deleted.</param>
    /// <param name="Contested">Another running pod claims the address too.</param>
    private readonly record struct Ownership(
        long From, long To, long Earliest, Owner Owner, string PodId, long Deleted, bool Contested, InterfacePeriod Interface)
    {
        public bool MayHave(long interfaceSince) =>
            Interface.Includes(interfaceSince) && (To == long.MaxValue || interfaceSince <= To + ClockDifference);

        public long DistanceTo(long time) => time < From ? From - time : time >= To ? time - To : 0;

        public static Ownership Of(
            PodObject pod, ClusterObjects objects, long from, bool contested, InterfacePeriod appeared) => new(
            from,
            long.MaxValue,
            from == long.MinValue ? from : from - EarlyTraffic,
            WorkloadNames.GetOwner(pod, objects),
            pod.Id,
            pod.Deleted ?? long.MaxValue,
            contested,
            appeared);
    }
}
