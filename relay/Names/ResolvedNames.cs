using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>
/// The names that clients resolved to external addresses, from their DNS responses. Bounded; not thread-safe.
/// </summary>
/// <param name="capacity">Maximum number of pairs of client and address; the least recently resolved are evicted.</param>
internal sealed class ResolvedNames(int capacity = 50_000)
{
    /// <summary>Maximum number of names of one address for one client; the least recently resolved is evicted.</summary>
    public const int MaxNames = 8;

    /// <summary>How long a response is valid for a client whose pod is not known: another pod may get its address. Nanoseconds.</summary>
    public const long UnknownClientLifetime = UnixTime.Minute;

    private readonly Dictionary<(ClientKey Client, Address Server), List<Response>> _responses = [];

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
            if (!_responses.TryGetValue((key, address), out List<Response>? responses))
            {
                if (_responses.Count >= capacity)
                    RemoveOldest();
                _responses.Add((key, address), responses = new List<Response>(1));
            }

            int known = responses.FindIndex(a => a.Name == name);
            long first = known < 0 ? time : responses[known].First;
            if (known >= 0 || responses.Count == MaxNames)
                responses.RemoveAt(Math.Max(known, 0));
            responses.Add(new Response(name, first, time));
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

    private ResolvedName? Find(ClientKey client, Address server, long from, long time)
    {
        if (!_responses.TryGetValue((client, server), out List<Response>? responses))
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

    // Removes a quarter at once, so that it is rarely necessary.
    private void RemoveOldest()
    {
        List<(ClientKey, Address)> oldest =
        [
            .. _responses.OrderBy(entry => entry.Value[^1].Last).Take(Math.Max(1, capacity / 4)).Select(entry => entry.Key),
        ];
        foreach ((ClientKey, Address) key in oldest)
            _responses.Remove(key);
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
