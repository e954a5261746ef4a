using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>The loaded eBPF object: its programs, and the maps that they write. Ends with the process, whatever ends it.</summary>
internal sealed unsafe class BpfPrograms : IDisposable
{
    /// <summary>The flow cache of one CPU, unless told otherwise.</summary>
    private const int SlotsPerCpu = 32768;

    /// <summary>On machines with many CPUs each gets less, so that all of them stay within some 10 MiB.</summary>
    private const int SlotsInAll = 131072;
    private const int FewestSlots = 4096;

    private readonly nint _bpfObject;
    private readonly MappedMemory _slotMemory;
    private readonly List<nint> _links = [];
    private readonly int _counters;
    private readonly int _dropPlaces;
    private readonly int _cpus;
    private readonly KernelPlaces? _places;
    private readonly PlaceNames? _placeNames;
    private bool _knowsConntrack;

    private BpfPrograms(nint bpfObject, int cpus, int slots, in Probed probed)
    {
        _bpfObject = bpfObject;
        _cpus = cpus;
        _places = probed.Places;
        _placeNames = probed.Names;
        Reasons = probed.Reasons;
        Features = probed.Features;
        FromPod = LibBpf.ProgramDescriptor(Program("from_pod"));
        ToPod = LibBpf.ProgramDescriptor(Program("to_pod"));
        _counters = LibBpf.MapDescriptor(Map("counters"));
        _dropPlaces = LibBpf.MapDescriptor(Map("drop_places"));
        int count = cpus * slots;
        _slotMemory = MappedMemory.OfMap(LibBpf.MapDescriptor(Map("flow_slots")), (nuint)count * (nuint)sizeof(FlowSlot), writable: false);
        Devices = new PodDevices(LibBpf.MapDescriptor(Map("pod_devices")));
        Cache = new FlowCache((FlowSlot*)_slotMemory.Start, count);
        Records = new RecordRing(LibBpf.MapDescriptor(Map("records")), RecordBytes);
        if (probed.ConntrackTuples is { } offset)
            SetConntrack(offset);
    }

    /// <summary>Size of the ring buffer, as in bpf/maps.h.</summary>
    public const int RecordBytes = 1 << 20;

    /// <summary>Descriptors of the two programs for a pod's interface; they stay this object's.</summary>
    public int FromPod { get; }

    public int ToPod { get; }

    /// <summary>The reasons that drops have: the kernel's own, or those that its places stand for.</summary>
    public DropReasons Reasons { get; }

    public KernelFeatureSet Features { get; }

    public PodDevices Devices { get; }

    public FlowCache Cache { get; }

    public RecordRing Records { get; }

    /// <summary>Loads the object that is embedded in this program.</summary>
    /// <param name="slotsPerCpu">A power of two from 2 on, or 0 to choose by the number of CPUs.</param>
    /// <param name="places">Not null: as if the kernel gave no reasons, for tests.</param>
    /// <exception cref="BpfException">The kernel refused; the message says what.</exception>
    public static BpfPrograms Load(int slotsPerCpu, KernelPlaces? places = null)
    {
        LibBpf.SetPrint(0);
        int cpus = LibBpf.PossibleCpus();
        int slots = slotsPerCpu != 0
            ? slotsPerCpu
            : Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(SlotsInAll / cpus)), FewestSlots, SlotsPerCpu);
        Probed probed = Probe(places);
        nint bpfObject = BpfObject.Open("depmap.bpf.o");
        try
        {
            LibBpf.SetMaxEntries(LibBpf.FindMap(bpfObject, "flow_slots"), (uint)(cpus * slots));
            foreach (DropReasonSource other in (DropReasonSource[])[DropReasonSource.ByReason, DropReasonSource.ByPlace])
            {
                if (other != probed.Features.Drops)
                    LibBpf.SetAutoload(LibBpf.FindProgram(bpfObject, DropProgram(other)!), false);
            }

            SetConstants(bpfObject, slots, probed.Reasons);
            BpfObject.Load(bpfObject);
            LibBpf.MallocTrim(0); // the kernel's types, some megabytes, are needed no more
            return new BpfPrograms(bpfObject, cpus, slots, in probed);
        }
        catch
        {
            probed.Names?.Dispose();
            LibBpf.ObjectClose(bpfObject);
            throw;
        }
    }

    /// <summary>From now on the kernel reports the packets that it throws away, and the connections of the node's own network.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void AttachTracepoints()
    {
        if (DropProgram(Features.Drops) is { } program)
            Attach(program, "kfree_skb");
        Attach("socket_changed", "inet_sock_set_state");
    }

    /// <summary>Finds the reason of a drop that has only its place.</summary>
    /// <returns>False where it was an ordinary free, or no policy's and of a connection that was open: TCP mends such losses.</returns>
    public bool TryExplain(ref Drop drop)
    {
        if (drop.Place == 0 || drop.Reason != 0)
            return true;
        drop.Reason = _places!.ReasonOf(drop.Place, _dropPlaces);
        bool opens = drop.Protocol == TransportProtocol.Udp || drop.Flags.HasFlag(FlowFlags.Syn);
        return !Reasons.IsOrdinary(drop.Reason) && (opens || Reasons.Meaning(drop.Reason) == V1.DropReason.Policy);
    }

    /// <summary>
    /// Corrects where the programs look for a connection tracking entry's ends, once the kernel has its type: from the
    /// beginning where it is built in, else when its module is loaded. Cheap to ask again.
    /// </summary>
    public void FollowConntrack()
    {
        if (_knowsConntrack || !KernelTypes.HasModule("nf_conntrack"))
            return;
        _knowsConntrack = true; // whatever they say: they do not change, and reading them is not for every second
        using KernelTypes? types = KernelTypes.LoadWith("nf_conntrack");
        if (types?.MemberOffset("nf_conn", "tuplehash") is { } offset)
            SetConntrack(offset);
    }

    /// <summary>Sum over all CPUs, since the programs were loaded.</summary>
    public Counters ReadCounters()
    {
        Counters* perCpu = stackalloc Counters[_cpus];
        uint zero = 0;
        Counters sum = default;
        if (LibBpf.Lookup(_counters, &zero, perCpu) != 0)
            return sum;
        for (int i = 0; i < _cpus; i++)
        {
            sum.LostMoments += perCpu[i].LostMoments;
            sum.LostEvictions += perCpu[i].LostEvictions;
            sum.LostDrops += perCpu[i].LostDrops;
            sum.LostAnswers += perCpu[i].LostAnswers;
            sum.LostHostConnections += perCpu[i].LostHostConnections;
            sum.OtherPackets += perCpu[i].OtherPackets;
            sum.MalformedPackets += perCpu[i].MalformedPackets;
        }

        return sum;
    }

    public void Dispose()
    {
        _links.ForEach(link => LibBpf.LinkDestroy(link));
        Records.Dispose();
        Cache.Dispose();
        _slotMemory.Dispose();
        _placeNames?.Dispose();
        LibBpf.ObjectClose(_bpfObject);
    }

    private static string? DropProgram(DropReasonSource how) => how switch
    {
        DropReasonSource.ByReason => "packet_dropped",
        DropReasonSource.ByPlace => "packet_dropped_unexplained",
        _ => null,
    };

    private static Probed Probe(KernelPlaces? places)
    {
        using KernelTypes types = KernelTypes.Load();
        DropReasons reasons = places is null ? types.ReadDropReasons() : DropPlaces.Reasons();
        PlaceNames? names = reasons.Known ? null : PlaceNames.TryLoad();
        if (names is not null)
            (places, reasons) = (new KernelPlaces(names.FunctionAt), DropPlaces.Reasons());
        DropReasonSource drops = places is not null ? DropReasonSource.ByPlace : reasons.Known ? DropReasonSource.ByReason : DropReasonSource.None;
        return new(reasons, places, names, KernelFeatureSet.Probe(types, drops), types.MemberOffset("nf_conn", "tuplehash"));
    }

    private static void SetConstants(nint bpfObject, int slots, DropReasons reasons)
    {
        byte* start = LibBpf.InitialValue(LibBpf.FindMap(bpfObject, ".rodata"), out nuint size);
        ReadOnlyData* constants = (ReadOnlyData*)start;
        if (start == null || size < (nuint)sizeof(ReadOnlyData))
            throw new BpfException("the embedded eBPF object is not the one that this agent was built with");
        constants->SlotsPerCpu = (uint)slots;
        constants->NodeNetns = NetworkNamespace();
        reasons.Mark(constants->OrdinaryReasons);
    }

    /// <summary>The inode that names this thread's network namespace, as in <c>net:[4026531840]</c>.</summary>
    private static uint NetworkNamespace()
    {
        string name = File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)!.Name;
        return uint.Parse(name.AsSpan(name.IndexOf('[') + 1).TrimEnd(']'), System.Globalization.CultureInfo.InvariantCulture);
    }

    private void SetConntrack(int offset)
    {
        uint zero = 0, value = (uint)offset;
        _ = LibBpf.Update(LibBpf.MapDescriptor(Map(".data.conntrack")), &zero, &value, 0);
        _knowsConntrack = true;
    }

    private void Attach(string program, string tracepoint)
    {
        nint link = LibBpf.Attach(Program(program));
        if (link == 0)
            throw new BpfException($"cannot attach to the {tracepoint} tracepoint: {Marshal.GetLastPInvokeErrorMessage()}");
        _links.Add(link);
    }

    private nint Program(string name) => LibBpf.FindProgram(_bpfObject, name);

    private nint Map(string name) => LibBpf.FindMap(_bpfObject, name);

    /// <param name="ConntrackTuples">Where struct nf_conn has its ends; null where its type is a module's.</param>
    private readonly record struct Probed(
        DropReasons Reasons, KernelPlaces? Places, PlaceNames? Names, KernelFeatureSet Features, int? ConntrackTuples);

    /// <summary>The start of .rodata: the constants of bpf/maps.h in their order. A test compares it with the object's BTF.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ReadOnlyData
    {
        public uint SlotsPerCpu;
        public uint NodeNetns;
        public OrdinaryReasons OrdinaryReasons;
    }

    [System.Runtime.CompilerServices.InlineArray(256)]
    internal struct OrdinaryReasons
    {
        private byte _first;
    }
}
