using Depmap.Agent.Records;
using Depmap.V1;
using Google.Protobuf;

namespace Depmap.Agent.Connections;

/// <summary>
/// DNS answers on their way to the relay, bounded. One that says what was said lately is passed over, which makes most of
/// them cost no memory. Times are CLOCK_MONOTONIC, ns.
/// </summary>
/// <param name="capacity">Answers that may wait.</param>
internal sealed class Resolutions(int capacity = 2048)
{
    /// <summary>The same is told again after so long, for a relay that was started since.</summary>
    public const long ToldAgain = 60 * Timing.Second;

    private const int AddressesHeld = 32;
    private const int Remembered = 4096; // a power of two

    private readonly Queue<(Address Pod, string Name, Address[] Addresses, long Time)> _queue = new();
    private readonly (ulong Answer, long Time)[] _told = new (ulong, long)[Remembered];

    /// <summary>Answers that there was no room for, in total.</summary>
    public ulong Lost { get; private set; }

    public bool HasMore => _queue.Count > 0;

    /// <summary>Takes a DNS message to a pod; what is no answer with addresses is passed over.</summary>
    public void OnAnswer(in DnsAnswer answer)
    {
        Span<char> name = stackalloc char[DnsMessage.LongestName];
        Span<Address> addresses = stackalloc Address[AddressesHeld];
        ReadOnlySpan<byte> message = answer.Message;
        (int length, int count) = new DnsMessage(message[..Math.Min(answer.Length, message.Length)]).Read(name, addresses);
        if (count == 0 || WasTold(answer.Pod, name[..length], addresses[..count], answer.Time))
            return;
        if (_queue.Count >= capacity)
        {
            Lost++;
            return;
        }

        _queue.Enqueue((answer.Pod, new string(name[..length]), addresses[..count].ToArray(), answer.Time));
    }

    /// <param name="bootTime">Unix time at which CLOCK_MONOTONIC was 0, ns.</param>
    /// <param name="resolution">The oldest that waits.</param>
    public bool TryTake(long bootTime, out Resolution? resolution)
    {
        resolution = null;
        if (!_queue.TryDequeue(out var next))
            return false;
        resolution = new Resolution { ClientAddress = next.Pod.ToByteString(), Name = next.Name, TimeUnixNs = bootTime + next.Time };
        foreach (Address address in next.Addresses)
            resolution.Addresses.Add(address.ToByteString());
        return true;
    }

    // One place for each pod and first address: what another name said of it since is then no more what was told last.
    private bool WasTold(Address pod, ReadOnlySpan<char> name, ReadOnlySpan<Address> addresses, long now)
    {
        ulong place = Mix(Mix(pod.First, pod.Second), addresses[0].First ^ addresses[0].Second);
        ulong answer = place;
        foreach (char c in name)
            answer = Mix(answer, c);
        foreach (Address address in addresses)
            answer = Mix(Mix(answer, address.First), address.Second);
        ref (ulong Answer, long Time) last = ref _told[(int)(place >> 32) & (Remembered - 1)];
        if (last.Answer == answer && now - last.Time < ToldAgain)
            return true;
        last = (answer, now);
        return false;
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0x9e3779b97f4a7c15;
        return hash ^ (hash >> 29);
    }
}
