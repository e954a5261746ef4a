using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>
/// The names that clients resolved to addresses, inside the cluster or outside, from their DNS responses. A client's names are those
/// that the agent on its node reported. Bounded; not thread-safe.
/// </summary>
/// <param name="capacity">
/// Maximum number of pairs of client and address. Beyond it, the least recently resolved are evicted, of the node with most pairs and of
/// the client with most on that node: an agent that reports names without end loses its own.
/// </param>
/// <param name="maxPerClient">Maximum number of addresses of one client: a crawler evicts its own only.</param>
internal sealed class ResolvedNames(int capacity = 50_000, int maxPerClient = 2_000)
{
    /// <summary>Maximum number of names of one address for one client; the least recently resolved is evicted.</summary>
    public const int MaxNames = 8;

    /// <summary>How long a response is valid for a client whose pod is not known: another pod may get its address. Nanoseconds.</summary>
    public const long UnknownClientLifetime = UnixTime.Minute;

    // If no client has more, none of them is to blame: the least recently resolved of the whole node are evicted.
    private const int FewAddresses = 64;

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Shares<Node> _shares = new();

    /// <summary>Adds a DNS response to a client.</summary>
    /// <param name="reporter">The node whose agent reported it.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="owner">The owner of that address; null if not known.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="addresses">The addresses in the response.</param>
    /// <param name="time">The time of the response, Unix nanoseconds.</param>
    public void Add(string reporter, Address client, Owner? owner, string name, IReadOnlyList<Address> addresses, long time)
    {
        ClientKey key = ClientKey.Of(owner, client);
        foreach (Address address in addresses)
        {
            List<Response> responses = Find(reporter, key, address) ?? Add(reporter, key, address);
            int known = responses.FindIndex(a => a.Name == name);
            long first = known < 0 ? time : responses[known].First;
            if (known >= 0 || responses.Count == MaxNames)
                responses.RemoveAt(Math.Max(known, 0));
            responses.Add(new Response(name, Math.Min(first, time), time));
        }
    }

    /// <summary>The name by which a client knew an address at a time; null if no response contained the address.</summary>
    /// <param name="client">The client's address, of either family: a pod can query DNS over one and connect over the other.</param>
    /// <param name="owner">The owner of that address at the time; null if not known.</param>
    /// <param name="observer">The node that observed the flow: that of a client without a known owner.</param>
    /// <param name="server">The external address.</param>
    /// <param name="time">Unix nanoseconds.</param>
    public ResolvedName? Find(Address client, Owner? owner, string observer, Address server, long time)
    {
        string node = GetNode(owner, observer);
        return (owner?.Pod is null ? null : Find(node, ClientKey.Of(owner, client), server, long.MinValue, time))
            ?? Find(node, ClientKey.Of(null, client), server, time - UnknownClientLifetime, time);
    }

    /// <summary>
    /// When a client last asked for a name with this address before a time; null if no response contained the address. Of a
    /// name that was asked for before and after, this is the first time.
    /// </summary>
    /// <param name="client">The client's address.</param>
    /// <param name="owner">The owner of that address at the time; null if not known.</param>
    /// <param name="observer">The node that observed the flow: that of a client without a known owner.</param>
    /// <param name="server">The address in the response.</param>
    /// <param name="time">Unix nanoseconds.</param>
    /// <param name="matches">Which names count.</param>
    public long? LastAsked(Address client, Owner? owner, string observer, Address server, long time, Func<string, bool> matches)
    {
        string node = GetNode(owner, observer);
        long? asPod = owner?.Pod is null ? null : LastAsked(node, ClientKey.Of(owner, client), server, long.MinValue, time, matches);
        long? asAddress = LastAsked(node, ClientKey.Of(null, client), server, time - UnknownClientLifetime, time, matches);
        return asAddress > (asPod ?? long.MinValue) ? asAddress : asPod;
    }

    private static string GetNode(Owner? owner, string observer) => owner is { Node.Length: > 0 } ? owner.Node : observer;

    private long? LastAsked(string node, ClientKey client, Address server, long from, long time, Func<string, bool> matches)
    {
        long? last = null;
        foreach (Response response in Find(node, client, server) ?? [])
        {
            bool counts = response.Last >= from && response.First <= time && matches(response.Name);
            if (counts && response.Before(time) > (last ?? long.MinValue))
                last = response.Before(time);
        }

        return last;
    }

    private ResolvedName? Find(string node, ClientKey client, Address server, long from, long time)
    {
        if (Find(node, client, server) is not { } responses)
            return null;
        string[] names =
        [
            .. responses
                .Where(response => response.Last >= from && response.First <= time)
                .OrderByDescending(response => response.Before(time))
                .Select(response => response.Name),
        ];
        return names.Length > 0 ? new ResolvedName(names[0], names) : null;
    }

    private List<Response>? Find(string node, ClientKey client, Address server) => _nodes.GetValueOrDefault(node)?.Find(client, server);

    private List<Response> Add(string reporter, ClientKey client, Address server)
    {
        if (_nodes.GetValueOrDefault(reporter) is { } known && known.CountOf(client) >= maxPerClient)
            RemoveOldest(known, [client]);
        else if (_shares.Count >= capacity)
            RemoveOldest(_shares.Largest!, _shares.Largest!.FindLargest());
        if (!_nodes.TryGetValue(reporter, out Node? node))
            _nodes.Add(reporter, node = new Node(reporter));
        _shares.Increment(node);
        return node.Add(client, server);
    }

    // Removes a quarter at once, so that it is rarely necessary.
    private void RemoveOldest(Node node, IReadOnlyCollection<ClientKey> clients)
    {
        List<(ClientKey Client, Address Server, long Last)> all =
        [
            .. clients.SelectMany(client => node.List(client).Select(entry => (client, entry.Key, entry.Value[^1].Last))),
        ];
        foreach ((ClientKey client, Address server, _) in all.OrderBy(entry => entry.Last).Take(Math.Max(1, all.Count / 4)))
        {
            node.Remove(client, server);
            _shares.Decrement(node);
        }

        if (node.Share == 0)
            _nodes.Remove(node.Name);
    }

    /// <summary>What the agent of one node reported.</summary>
    private sealed class Node(string name) : Shares<Node>.Item
    {
        private readonly Dictionary<ClientKey, Dictionary<Address, List<Response>>> _clients = [];

        public string Name { get; } = name;

        public int CountOf(ClientKey client) => _clients.GetValueOrDefault(client)?.Count ?? 0;

        public List<Response>? Find(ClientKey client, Address server) =>
            _clients.GetValueOrDefault(client)?.GetValueOrDefault(server);

        public Dictionary<Address, List<Response>> List(ClientKey client) => _clients[client];

        /// <summary>The client with most addresses, if it has more than a few, otherwise all.</summary>
        public IReadOnlyCollection<ClientKey> FindLargest() =>
            _clients.MaxBy(entry => entry.Value.Count) is var most && most.Value.Count > FewAddresses ? [most.Key] : [.. _clients.Keys];

        public List<Response> Add(ClientKey client, Address server)
        {
            if (!_clients.TryGetValue(client, out Dictionary<Address, List<Response>>? servers))
                _clients.Add(client, servers = []);
            var responses = new List<Response>(1);
            servers.Add(server, responses);
            return responses;
        }

        public void Remove(ClientKey client, Address server)
        {
            Dictionary<Address, List<Response>> servers = _clients[client];
            servers.Remove(server);
            if (servers.Count == 0)
                _clients.Remove(client);
        }
    }

    /// <summary>All responses with one name; only the times of the first and the last are stored.</summary>
    private readonly record struct Response(string Name, long First, long Last)
    {
        /// <summary>The time of the last response that is known to be before a time.</summary>
        public long Before(long time) => Last <= time ? Last : First;
    }

    /// <summary>A pod, or an address if its pod is not known.</summary>
    private readonly record struct ClientKey(string? Namespace, string? Pod, Address Address)
    {
        public static ClientKey Of(Owner? owner, Address address) =>
            owner?.Pod is null ? new ClientKey(null, null, address) : new ClientKey(owner.Namespace, owner.Pod, default);
    }
}
