using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>
/// The names that clients resolved to addresses, inside the cluster or outside, from their DNS responses. Bounded; not thread-safe.
/// </summary>
/// <param name="capacity">
/// Maximum number of pairs of client and address; the least recently resolved of the client with most are evicted.
/// </param>
/// <param name="maxPerClient">Maximum number of addresses of one client: a crawler evicts its own only.</param>
internal sealed class ResolvedNames(int capacity = 50_000, int maxPerClient = 2_000)
{
    /// <summary>Maximum number of names of one address for one client; the least recently resolved is evicted.</summary>
    public const int MaxNames = 8;

    /// <summary>How long a response is valid for a client whose pod is not known: another pod may get its address. Nanoseconds.</summary>
    public const long UnknownClientLifetime = UnixTime.Minute;

    // If no client has more, none of them is to blame: the least recently resolved of all are evicted.
    private const int FewAddresses = 64;

    private readonly Dictionary<ClientKey, Dictionary<Address, List<Response>>> _clients = [];
    private int _count;

    /// <summary>Adds a DNS response to a client.</summary>
    /// <param name="client">The client's address.</param>
    /// <param name="owner">The owner of that address; null if not known.</param>
    /// <param name="name">The name in the query.</param>
    /// <param name="addresses">The addresses in the response.</param>
    /// <param name="time">The time of the response, Unix nanoseconds.</param>
    public void Add(Address client, Owner? owner, string name, IReadOnlyList<Address> addresses, long time)
    {
        ClientKey key = ClientKey.Of(owner, client);
        foreach (Address address in addresses)
        {
            List<Response> responses = Find(key, address) ?? Add(key, address);
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
    /// <param name="server">The external address.</param>
    /// <param name="time">Unix nanoseconds.</param>
    public ResolvedName? Find(Address client, Owner? owner, Address server, long time) =>
        (owner?.Pod is null ? null : Find(ClientKey.Of(owner, client), server, long.MinValue, time))
            ?? Find(ClientKey.Of(null, client), server, time - UnknownClientLifetime, time);

    /// <summary>
    /// When a client last asked for a name with this address before a time; null if no response contained the address. Of a
    /// name that was asked for before and after, this is the first time.
    /// </summary>
    /// <param name="client">The client's address.</param>
    /// <param name="owner">The owner of that address at the time; null if not known.</param>
    /// <param name="server">The address in the response.</param>
    /// <param name="time">Unix nanoseconds.</param>
    /// <param name="matches">Which names count.</param>
    public long? LastAsked(Address client, Owner? owner, Address server, long time, Func<string, bool> matches)
    {
        long? asPod = owner?.Pod is null ? null : LastAsked(ClientKey.Of(owner, client), server, long.MinValue, time, matches);
        long? asAddress = LastAsked(ClientKey.Of(null, client), server, time - UnknownClientLifetime, time, matches);
        return asAddress > (asPod ?? long.MinValue) ? asAddress : asPod;
    }

    private long? LastAsked(ClientKey client, Address server, long from, long time, Func<string, bool> matches)
    {
        long? last = null;
        foreach (Response response in Find(client, server) ?? [])
        {
            bool counts = response.Last >= from && response.First <= time && matches(response.Name);
            if (counts && response.Before(time) > (last ?? long.MinValue))
                last = response.Before(time);
        }

        return last;
    }

    private ResolvedName? Find(ClientKey client, Address server, long from, long time)
    {
        if (Find(client, server) is not { } responses)
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

    private List<Response>? Find(ClientKey client, Address server) =>
        _clients.TryGetValue(client, out Dictionary<Address, List<Response>>? servers) ? servers.GetValueOrDefault(server) : null;

    private List<Response> Add(ClientKey client, Address server)
    {
        if (_clients.TryGetValue(client, out Dictionary<Address, List<Response>>? servers) && servers.Count >= maxPerClient)
            RemoveOldest([client]);
        else if (_count >= capacity && _clients.MaxBy(entry => entry.Value.Count) is var most)
            RemoveOldest(most.Value?.Count > FewAddresses ? [most.Key] : [.. _clients.Keys]);
        if (!_clients.TryGetValue(client, out servers))
            _clients.Add(client, servers = []);
        var responses = new List<Response>(1);
        servers.Add(server, responses);
        _count++;
        return responses;
    }

    // Removes a quarter at once, so that it is rarely necessary.
    private void RemoveOldest(ClientKey[] clients)
    {
        List<(ClientKey Client, Address Server, long Last)> all =
        [
            .. clients.SelectMany(client => _clients[client].Select(entry => (client, entry.Key, entry.Value[^1].Last))),
        ];
        foreach ((ClientKey client, Address server, _) in all.OrderBy(entry => entry.Last).Take(Math.Max(1, all.Count / 4)))
        {
            Dictionary<Address, List<Response>> servers = _clients[client];
            servers.Remove(server);
            _count--;
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
