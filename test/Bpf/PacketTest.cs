using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>
/// Base class of packet tests: starts with an empty flow cache, an empty ring and counters at 0. Every packet must come back
/// unchanged with the verdict to continue.
/// </summary>
[Collection(LoadedPrograms.Collection)]
public abstract class PacketTest
{
    /// <summary>The pod and its peer, IPv4 and IPv6.</summary>
    protected const string Pod = "10.0.0.2";
    protected const string Peer = "10.0.0.3";
    protected const string Pod6 = "fd00::2";
    protected const string Peer6 = "fd00::3";
    protected const int PodPort = 40000;
    protected const int PeerPort = 80;

    /// <summary>TC_ACT_UNSPEC, TCX_NEXT.</summary>
    protected const int Next = -1;
    private const int Cpu = 0;
    private const int Loopback = 1;

    private readonly LoadedPrograms _loaded;
    private readonly List<Moment> _moments = [];
    private readonly List<Eviction> _evictions = [];
    private readonly List<(DnsAnswer, byte[])> _answers = [];
    private readonly Counters _before;

    protected PacketTest(LoadedPrograms loaded)
    {
        _loaded = loaded;
        Drain();
        _moments.Clear();
        _evictions.Clear();
        _answers.Clear();
        loaded.Slots.Clear();
        _before = loaded.Programs.ReadCounters();
    }

    internal LoadedPrograms Loaded => _loaded;

    internal IReadOnlyList<Moment> Moments
    {
        get
        {
            Drain();
            return _moments;
        }
    }

    internal IReadOnlyList<Eviction> Evictions
    {
        get
        {
            Drain();
            return _evictions;
        }
    }

    /// <summary>DNS answers, each with the reported part of its message.</summary>
    internal IReadOnlyList<(DnsAnswer Answer, byte[] Message)> Answers
    {
        get
        {
            Drain();
            return _answers;
        }
    }

    internal FlowSlot[] Flows => _loaded.Slots.ToArray().Where(slot => slot.Version != 0).ToArray();

    internal FlowSlot Flow => Assert.Single(Flows);

    /// <summary>The counters since the start of the test.</summary>
    internal Counters Counted
    {
        get
        {
            Counters now = _loaded.Programs.ReadCounters();
            return new Counters
            {
                LostMoments = now.LostMoments - _before.LostMoments,
                LostEvictions = now.LostEvictions - _before.LostEvictions,
                LostDrops = now.LostDrops - _before.LostDrops,
                OtherPackets = now.OtherPackets - _before.OtherPackets,
                MalformedPackets = now.MalformedPackets - _before.MalformedPackets,
            };
        }
    }

    internal static Packet IPv4FromPod() => Packet.Ethernet().IPv4(Pod, Peer);

    internal static Packet IPv6FromPod() => Packet.Ethernet().IPv6(Pod6, Peer6);

    internal static Packet TcpFromPod() => IPv4FromPod().Tcp(PodPort, PeerPort);

    internal static Packet TcpToPod() => Packet.Ethernet().IPv4(Peer, Pod).Tcp(PeerPort, PodPort);

    internal static Packet UdpFromPod() => IPv4FromPod().Udp(PodPort, PeerPort);

    internal static Packet UdpToPod() => Packet.Ethernet().IPv4(Peer, Pod).Udp(PeerPort, PodPort);

    internal static FlowKey Key(string pod = Pod, string peer = Peer, int podPort = PodPort, int peerPort = PeerPort) => new(
        Address.From(System.Net.IPAddress.Parse(pod)),
        Address.From(System.Net.IPAddress.Parse(peer)),
        Port.From(podPort),
        Port.From(peerPort),
        Loopback);

    internal static FlowKey Key6() => Key(Pod6, Peer6);

    internal void FromPod(Packet packet, int segments = 0, int repeat = 1) =>
        Send(_loaded.Programs.FromPod, packet.ToArray(), segments, repeat);

    internal void ToPod(Packet packet, int segments = 0, int repeat = 1) =>
        Send(_loaded.Programs.ToPod, packet.ToArray(), segments, repeat);

    internal void FromPod(ReadOnlySpan<byte> frame) => Send(_loaded.Programs.FromPod, frame, segments: 0, repeat: 1);

    internal void ToPod(ReadOnlySpan<byte> frame) => Send(_loaded.Programs.ToPod, frame, segments: 0, repeat: 1);

    /// <summary>Asserts that packets were only counted.</summary>
    internal void AssertOnlyCounted(ulong other = 0, ulong malformed = 0)
    {
        Assert.Empty(Flows);
        Assert.Empty(Moments);
        Assert.Equal((other, malformed), (Counted.OtherPackets, Counted.MalformedPackets));
    }

    private void Send(int program, ReadOnlySpan<byte> frame, int segments, int repeat)
    {
        KernelCalls.PinTo(Cpu);
        TestRun.Result result = _loaded.TestRun.Run(program, frame, new TestRun.Context(Segments: segments), repeat);
        Assert.Equal(Next, result.Verdict);
        Assert.True(_loaded.TestRun.FrameOut(frame.Length).SequenceEqual(frame), "the program changed the packet");
    }

    private static (DnsAnswer, byte[]) Read(in DnsAnswer answer) =>
        (answer, ((ReadOnlySpan<byte>)answer.Message)[..answer.Length].ToArray());

    private void Drain() => _loaded.Programs.Records.Drain(record =>
    {
        if (RecordRing.KindOf(record) == RecordKind.Moment)
            _moments.Add(MemoryMarshal.Read<Moment>(record));
        else if (RecordRing.KindOf(record) == RecordKind.Eviction)
            _evictions.Add(MemoryMarshal.Read<Eviction>(record));
        else if (RecordRing.KindOf(record) == RecordKind.Answer)
            _answers.Add(Read(in MemoryMarshal.AsRef<DnsAnswer>(record)));
    });
}
