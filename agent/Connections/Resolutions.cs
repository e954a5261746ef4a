using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>
/// The queue of DNS answers for the relay, bounded. An answer that repeats a recent one is dropped, so that most answers
/// allocate no memory. What was reported is known for a while, and can be repeated for another relay. Times are CLOCK_MONOTONIC, in ns.
/// </summary>
/// <param name="capacity">Maximum length of the queue.</param>
internal sealed class Resolutions(int capacity = 2048)
{
    /// <summary>After this time the same answer is reported again.</summary>
    public const long RepeatInterval = 60 * Timing.Second;

    private const int MaxAddresses = 32;
    private const int RecentCapacity = 4096; // a power of two

    private readonly Queue<Answer> _queue = new();
    private readonly KnownAnswers _known = new();
    private Queue<Answer> _repeated = new();
    private readonly (ulong Hash, long Time)[] _recent = new (ulong, long)[RecentCapacity];

    /// <summary>Total number of answers that found the queue full.</summary>
    public ulong Lost { get; private set; }

    public bool HasMore => _queue.Count > 0 || _repeated.Count > 0;

    /// <summary>Queues all answers that are still known, for a relay that may not have them.</summary>
    public void Repeat() => _repeated = new Queue<Answer>(_known.All());

    /// <summary>Queues a DNS message sent to a pod; ignores messages without addresses.</summary>
    public void OnAnswer(in DnsAnswer answer)
    {
        Span<char> name = stackalloc char[DnsMessage.MaxNameLength];
        Span<Address> addresses = stackalloc Address[MaxAddresses];
        ReadOnlySpan<byte> message = answer.Message;
        (int length, int count) = new DnsMessage(message[..Math.Min(answer.Length, message.Length)]).Read(name, addresses);
        if (count == 0 || WasReportedRecently(answer.Pod, name[..length], addresses[..count], answer.Time))
            return;
        if (_queue.Count >= capacity)
        {
            Lost++;
            return;
        }

        Answer read = new(answer.Pod, new string(name[..length]), addresses[..count].ToArray(), answer.Time);
        _queue.Enqueue(read);
        _known.Add(in read);
    }

    /// <param name="bootTime">Unix time at which CLOCK_MONOTONIC was 0, ns.</param>
    /// <param name="resolution">The oldest in the queue; repeated ones first.</param>
    public bool TryTake(long bootTime, out Resolution? resolution)
    {
        resolution = null;
        if (!_repeated.TryDequeue(out Answer next) && !_queue.TryDequeue(out next))
            return false;
        resolution = new Resolution { ClientAddress = next.Pod.ToByteString(), Name = next.Name, TimeUnixNs = bootTime + next.Time };
        foreach (Address address in next.Addresses)
            resolution.Addresses.Add(address.ToByteString());
        return true;
    }

    // One entry for each pod and first address: a different name for the address replaces the entry.
    private bool WasReportedRecently(Address pod, ReadOnlySpan<char> name, ReadOnlySpan<Address> addresses, long now)
    {
        ulong entry = Mix(Mix(pod.First, pod.Second), addresses[0].First ^ addresses[0].Second);
        ulong hash = entry;
        foreach (char c in name)
            hash = Mix(hash, c);
        foreach (Address address in addresses)
            hash = Mix(Mix(hash, address.First), address.Second);
        ref (ulong Hash, long Time) recent = ref _recent[(int)(entry >> 32) & (RecentCapacity - 1)];
        if (recent.Hash == hash && now - recent.Time < RepeatInterval)
            return true;
        recent = (hash, now);
        return false;
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0x9e3779b97f4a7c15;
        return hash ^ (hash >> 29);
    }
}
