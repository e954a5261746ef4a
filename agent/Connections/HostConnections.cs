using System.Diagnostics.CodeAnalysis;
using System.Text;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Connections of pods on the node's network on their way to the relay, bounded: nothing in their packets tells which of
/// these pods it is, but the name of the socket's cgroup does. Those of other programs are the node's, and are not told.
/// </summary>
/// <param name="capacity">Connections that may wait.</param>
internal sealed class HostConnections(int capacity = 2048)
{
    private const int Remembered = 4096;
    private const int UidLength = 36; // RFC 9562 4
    private const int StaticUidLength = 32;

    private readonly Queue<(string Pod, PacketEnds Ends, long Time)> _queue = new();

    // By cgroup; null for one that is no pod's. A new one costs memory, its next connection does not.
    private readonly Dictionary<ulong, string?> _pods = [];

    /// <summary>Connections that there was no room for, in total.</summary>
    public ulong Lost { get; private set; }

    public bool HasMore => _queue.Count > 0;

    public void OnConnection(in HostConnectionRecord connection)
    {
        if (!_pods.TryGetValue(connection.Cgroup, out string? pod))
        {
            if (_pods.Count >= Remembered)
                _pods.Clear();
            _pods.Add(connection.Cgroup, pod = PodOf(connection.Names));
        }

        if (pod is null)
            return;
        if (_queue.Count >= capacity)
            Lost++;
        else
            _queue.Enqueue((pod, new PacketEnds(connection.Client, connection.ClientPort, connection.Server, connection.ServerPort), connection.Time));
    }

    /// <param name="bootTime">Unix time at which CLOCK_MONOTONIC was 0, ns.</param>
    /// <param name="translate">Returns the ends after translation.</param>
    /// <param name="connection">The oldest that waits.</param>
    public bool TryTake(long bootTime, Func<PacketEnds, PacketEnds> translate, [NotNullWhen(true)] out V1.HostConnection? connection)
    {
        connection = null;
        if (!_queue.TryDequeue(out var next))
            return false;
        PacketEnds after = translate(next.Ends);
        connection = new V1.HostConnection
        {
            PodUid = next.Pod,
            ClientPort = after.SourcePort.Number,
            ServerAddress = after.Destination.ToByteString(),
            ServerPort = after.DestinationPort.Number,
            SocketPort = next.Ends.SourcePort.Number,
            AskedAddress = next.Ends.Destination.ToByteString(),
            AskedPort = next.Ends.DestinationPort.Number,
            TimeUnixNs = bootTime + next.Time,
        };
        return true;
    }

    /// <summary>
    /// The uid of the pod that one of these cgroups is named for, nearest first; null where none is. The kubelet's two
    /// drivers write <c>pod1b4e28ba-…</c> and <c>kubepods-burstable-pod1b4e28ba_….slice</c>; a static pod's uid has no dashes.
    /// </summary>
    /// <param name="names">As the record has them.</param>
    internal static string? PodOf(ReadOnlySpan<byte> names)
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
}
