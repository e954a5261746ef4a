using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>
/// By which names clients know addresses outside: from the DNS answers that they had. Bounded; one stage writes and reads.
/// </summary>
/// <param name="capacity">Pairs of client and address held; beyond, those heard of longest ago are forgotten.</param>
internal sealed class ResolvedNames(int capacity = 50_000)
{
    /// <summary>Names held of one address for one client; the one heard of longest ago goes first.</summary>
    public const int MostNames = 8;

    /// <summary>How long an answer counts for an address whose pod was not known yet: the next pod may get it. Nanoseconds.</summary>
    public const long Nameless = UnixTime.Minute;

    private readonly Dictionary<(ClientKey Client, Address Server), List<Answer>> _answers = [];

    /// <summary>A client was told that the name has these addresses.</summary>
    /// <param name="client">Its address.</param>
    /// <param name="owner">Who had that address; null where nobody knows.</param>
    /// <param name="name">What was asked for.</param>
    /// <param name="addresses">The answer.</param>
    /// <param name="time">When it came, Unix nanoseconds.</param>
    public void Add(Address client, Owner? owner, string name, IReadOnlyList<Address> addresses, long time)
    {
        ClientKey key = ClientKey.Of(owner, client);
        foreach (Address address in addresses)
        {
            if (!_answers.TryGetValue((key, address), out List<Answer>? answers))
            {
                if (_answers.Count >= capacity)
                    Forget();
                _answers.Add((key, address), answers = new List<Answer>(1));
            }

            int known = answers.FindIndex(a => a.Name == name);
            long first = known < 0 ? time : answers[known].First;
            if (known >= 0 || answers.Count == MostNames)
                answers.RemoveAt(Math.Max(known, 0));
            answers.Add(new Answer(name, first, time));
        }
    }

    /// <summary>What the address was called by the client at a time; null where no answer had named it.</summary>
    /// <param name="client">Its address, of either family: a pod asks DNS by one and connects by the other.</param>
    /// <param name="owner">Who had that address then; null where nobody knows.</param>
    /// <param name="server">The address outside.</param>
    /// <param name="time">Unix nanoseconds.</param>
    public ResolvedName? Find(Address client, Owner? owner, Address server, long time) =>
        (owner?.Pod is null ? null : Find(ClientKey.Of(owner, client), server, long.MinValue, time))
            ?? Find(ClientKey.Of(null, client), server, time - Nameless, time);

    private ResolvedName? Find(ClientKey client, Address server, long from, long time)
    {
        if (!_answers.TryGetValue((client, server), out List<Answer>? answers))
            return null;
        string[] names = [.. answers.Where(a => a.Last >= from && a.First <= time).OrderByDescending(a => a.Before(time)).Select(a => a.Name)];
        return names.Length > 0 ? new ResolvedName(names[0], names) : null;
    }

    // A quarter at once, so that it is rare.
    private void Forget()
    {
        List<(ClientKey, Address)> oldest = [.. _answers.OrderBy(a => a.Value[^1].Last).Take(Math.Max(1, capacity / 4)).Select(a => a.Key)];
        foreach ((ClientKey, Address) key in oldest)
            _answers.Remove(key);
    }

    /// <summary>All answers with this name: of those between the first and the last no time is held.</summary>
    private readonly record struct Answer(string Name, long First, long Last)
    {
        /// <summary>The last that is known to have come before a time.</summary>
        public long Before(long time) => Last <= time ? Last : First;
    }

    /// <summary>A pod, or an address where that is all that is known.</summary>
    private readonly record struct ClientKey(string? Namespace, string? Pod, Address Address)
    {
        public static ClientKey Of(Owner? owner, Address address) =>
            owner?.Pod is null ? new ClientKey(null, null, address) : new ClientKey(owner.Namespace, owner.Pod, default);
    }
}
