using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>
/// The addresses that agents report of their nodes: of tunnels, bridges, further network cards, and floating ones, which no
/// Kubernetes object lists. An address that several nodes have at once, such as that of a node-local DNS cache, names a node
/// only where that node itself observed the flow. Bounded by the number of nodes; not thread-safe.
/// </summary>
internal sealed class ReportedAddresses
{
    /// <summary>Maximum number of addresses of one node; further ones are ignored.</summary>
    public const int MaxPerNode = 256;

    // With former ones.
    private const int MaxClaimsPerNode = 4 * MaxPerNode;

    /// <summary>An address is in use before its node's next report: that much earlier it is the node's if it was no other's.</summary>
    private const long EarlyTraffic = UnixTime.Minute;

    /// <summary>
    /// How long the addresses of a node stay its own after its agent disconnected, unless another node gets them, and how long
    /// former addresses are remembered.
    /// </summary>
    private const long History = AddressTimeline.History;

    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Dictionary<Address, List<Claim>> _claims = [];
    private long _prunedAt;

    public void Connect(string node) => Get(node).Streams++;

    public void Disconnect(string name, long now)
    {
        Node node = Get(name);
        if (--node.Streams > 0)
            return;
        foreach (Claim claim in node.Claims.Values)
            (claim.To, claim.Lapsed) = (now, true);
        Prune(now);
    }

    /// <summary>Replaces the addresses of a node.</summary>
    /// <param name="name">The node.</param>
    /// <param name="addresses">All its addresses.</param>
    /// <param name="now">The time of the report, Unix nanoseconds.</param>
    public void Set(string name, IReadOnlyList<Address> addresses, long now)
    {
        Prune(now);
        Node node = Get(name);
        var former = new HashSet<Address>(node.Claims.Keys);
        // What a node had before its first report is not known.
        long from = former.Count == 0 ? long.MinValue : now;
        foreach (Address address in addresses.Take(MaxPerNode))
        {
            former.Remove(address);
            if (node.Claims.TryGetValue(address, out Claim? known))
            {
                (known.To, known.Lapsed) = (long.MaxValue, false);
                continue;
            }

            if (node.ClaimCount >= MaxClaimsPerNode)
                continue;
            node.ClaimCount++;
            var claim = new Claim(node) { From = from };
            node.Claims.Add(address, claim);
            if (!_claims.TryGetValue(address, out List<Claim>? claims))
                _claims.Add(address, claims = new List<Claim>(1));
            claims.Add(claim);
        }

        foreach (Address address in former)
        {
            node.Claims.Remove(address, out Claim? claim);
            (claim!.To, claim.Lapsed) = (Math.Min(claim.To, now), false);
        }
    }

    /// <summary>The node with an address at a time; null if there is none or if it cannot be told which one.</summary>
    /// <param name="address">An address that belongs to no pod, no node's object and no service.</param>
    /// <param name="observer">The node that observed the flow.</param>
    /// <param name="time">Unix nanoseconds.</param>
    public Owner? OwnerAt(Address address, string observer, long time)
    {
        if (!_claims.TryGetValue(address, out List<Claim>? claims))
            return null;
        Claim? found = null;
        bool several = false;
        foreach (Claim claim in claims)
        {
            if (!claim.MayHold(time))
                continue;
            if (claim.Node.Owner.Node == observer)
                return claim.Node.Owner;
            if (found is null || claim.Replaces(found, time))
                found = claim;
            else
                several |= !found.Replaces(claim, time);
        }

        return several ? null : found?.Node.Owner;
    }

    private Node Get(string name)
    {
        if (!_nodes.TryGetValue(name, out Node? node))
            _nodes.Add(name, node = new Node(name));
        return node;
    }

    private void Prune(long now)
    {
        if (now - _prunedAt < UnixTime.Minute)
            return;
        _prunedAt = now;
        foreach ((Address address, List<Claim> claims) in _claims)
        {
            foreach (Claim claim in claims.Where(claim => claim.To < now - History))
            {
                claim.Node.ClaimCount--;
                if (claim.Lapsed)
                    claim.Node.Claims.Remove(address);
            }

            claims.RemoveAll(claim => claim.To < now - History);
            if (claims.Count == 0)
                _claims.Remove(address);
        }

        foreach ((string name, Node node) in _nodes)
        {
            if (node.Streams <= 0 && node.ClaimCount == 0)
                _nodes.Remove(name);
        }
    }

    private sealed class Node(string name)
    {
        public Owner Owner { get; } = new(name);

        /// <summary>Open streams of its agents.</summary>
        public int Streams { get; set; }

        /// <summary>How many there are, with former ones.</summary>
        public int ClaimCount { get; set; }

        /// <summary>The addresses of the last report.</summary>
        public Dictionary<Address, Claim> Claims { get; } = [];
    }

    private sealed class Claim(Node node)
    {
        public Node Node { get; } = node;
        public required long From { get; init; }
        public long To { get; set; } = long.MaxValue;

        /// <summary>It ended because the agent disconnected.</summary>
        public bool Lapsed { get; set; }

        public bool MayHold(long time) =>
            (From == long.MinValue || time >= From - EarlyTraffic) && (time < To || (Lapsed && time - To < History));

        /// <summary>Whether this claim is certain at a time at which the other one is only possible, or both are of one node.</summary>
        public bool Replaces(Claim other, long time) =>
            Node == other.Node || (Holds(time) && !other.Holds(time) && (time < other.From || other.To <= From));

        private bool Holds(long time) => time >= From && time < To;
    }
}
