using System.Diagnostics.CodeAnalysis;
using System.Text;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// The queue of connections opened by pods on the host network, bounded. Such pods share the node's addresses; the name of
/// the socket's cgroup tells them apart. Connections of the node's other programs are ignored. The last ones are kept, for another
/// relay: nothing else tells it which pod opened a connection, and which service it called.
/// </summary>
/// <param name="capacity">Maximum length of the queue.</param>
internal sealed class HostConnections(int capacity = 2048)
{
    private const int MaxCachedCgroups = 4096;
    private const int MaxKept = 4096;
    private const int UidLength = 36; // RFC 9562 4
    private const int StaticUidLength = 32;

    private readonly Queue<(string Pod, PacketEnds Ends, long Time)> _queue = new();
    private readonly Queue<Translated> _kept = new();
    private readonly Queue<Translated> _repeated = new();

    // By cgroup; null if the cgroup is not a pod's. Only the first connection of a cgroup allocates memory.
    private readonly Dictionary<ulong, string?> _pods = [];

    /// <summary>Total number of connections that found the queue full.</summary>
    public ulong Lost { get; private set; }

    public bool HasMore => _queue.Count > 0 || _repeated.Count > 0;

    /// <summary>Queues the connections again that are still open, for a relay that may not have them.</summary>
    /// <param name="isOpen">Whether the connection with these ends, before translation, is still open.</param>
    public void Repeat(Predicate<PacketEnds> isOpen)
    {
        _repeated.Clear();
        for (int i = _kept.Count; i > 0; i--)
        {
            Translated kept = _kept.Dequeue();
            if (!isOpen(kept.Before))
                continue;
            _kept.Enqueue(kept);
            _repeated.Enqueue(kept);
        }
    }

    public void OnConnection(in HostConnectionRecord connection)
    {
        if (!_pods.TryGetValue(connection.Cgroup, out string? pod))
        {
            if (_pods.Count >= MaxCachedCgroups)
                _pods.Clear();
            _pods.Add(connection.Cgroup, pod = FindPodUid(connection.Names));
        }

        if (pod is null)
            return;
        if (_queue.Count >= capacity)
            Lost++;
        else
        {
            PacketEnds ends = new(connection.Client, connection.ClientPort, connection.Server, connection.ServerPort);
            _queue.Enqueue((pod, ends, connection.Time));
        }
    }

    /// <param name="bootTime">Unix time at which CLOCK_MONOTONIC was 0, ns.</param>
    /// <param name="translate">Returns the ends after translation.</param>
    /// <param name="connection">The oldest in the queue; repeated ones first.</param>
    public bool TryTake(long bootTime, Func<PacketEnds, PacketEnds> translate, [NotNullWhen(true)] out V1.HostConnection? connection)
    {
        connection = null;
        if (!_repeated.TryDequeue(out Translated next))
        {
            if (!_queue.TryDequeue(out var first))
                return false;
            next = new Translated(first.Pod, first.Ends, translate(first.Ends), first.Time);
            if (_kept.Count >= MaxKept)
                _kept.Dequeue();
            _kept.Enqueue(next);
        }

        connection = new V1.HostConnection
        {
            PodUid = next.Pod,
            ClientPort = next.After.SourcePort.Number,
            ServerAddress = next.After.Destination.ToByteString(),
            ServerPort = next.After.DestinationPort.Number,
            SocketPort = next.Before.SourcePort.Number,
            AskedAddress = next.Before.Destination.ToByteString(),
            AskedPort = next.Before.DestinationPort.Number,
            TimeUnixNs = bootTime + next.Time,
        };
        return true;
    }

    /// <summary>
    /// The UID of the pod in one of these cgroup names, innermost first; null if there is none. The kubelet's two cgroup
    /// drivers write <c>pod1b4e28ba-…</c> and <c>kubepods-burstable-pod1b4e28ba_….slice</c>; a static pod's UID has no dashes.
    /// </summary>
    /// <param name="names">The names as in the record.</param>
    internal static string? FindPodUid(ReadOnlySpan<byte> names)
    {
        for (; names.Length >= HostConnectionRecord.CgroupNames.NameBytes; names = names[HostConnectionRecord.CgroupNames.NameBytes..])
        {
            ReadOnlySpan<byte> name = names[..HostConnectionRecord.CgroupNames.NameBytes];
            int end = name.IndexOf((byte)0);
            if (end >= 0)
                name = name[..end];
            int begin = name.LastIndexOf("pod"u8);
            if (begin < 0 || (begin > 0 && name[begin - 1] != '-'))
                continue;
            ReadOnlySpan<byte> uid = name[(begin + 3)..];
            if (uid.EndsWith(".slice"u8))
                uid = uid[..^6];
            if (uid.Length is UidLength or StaticUidLength && !uid.ContainsAnyExcept("0123456789abcdef-_"u8))
                return Encoding.ASCII.GetString(uid).Replace('_', '-');
        }

        return null;
    }

    private readonly record struct Translated(string Pod, PacketEnds Before, PacketEnds After, long Time);
}
