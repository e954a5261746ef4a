using System.Numerics;
using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>The loaded eBPF programs and their maps. They are released when the process ends, even if it is killed.</summary>
internal sealed unsafe class BpfPrograms : IDisposable
{
    /// <summary>Maximum size of one CPU's part of the flow cache, if it is chosen automatically.</summary>
    private const int MaxSlotsPerCpu = 32768;

    /// <summary>With many CPUs each part is smaller, so that the whole cache takes about 10 MiB.</summary>
    private const int MaxSlotsTotal = 131072;
    private const int MinSlotsPerCpu = 4096;

    private const string RequestProgram = "connection_requested";

    private readonly nint _bpfObject;
    private readonly MappedMemory _slotMemory;
    private readonly List<nint> _links = [];
    private readonly int _counters;
    private readonly int _dropPlaces;
    private readonly int _cpus;
    private readonly KernelPlaces? _places;
    private readonly PlaceNames? _placeNames;
    private bool _hasConntrackOffset;

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
            SetConntrackOffset(offset);
    }

    /// <summary>Size of the ring buffer; the same as in bpf/maps.h.</summary>
    public const int RecordBytes = 1 << 20;

    /// <summary>File descriptors of the two programs for pod interfaces; owned by this object.</summary>
    public int FromPod { get; }

    public int ToPod { get; }

    /// <summary>The kernel's drop reasons, or those that places in its code stand for.</summary>
    public DropReasons Reasons { get; }

    public KernelFeatureSet Features { get; }

    public PodDevices Devices { get; }

    public FlowCache Cache { get; }

    public RecordRing Records { get; }

    /// <summary>Loads the embedded object.</summary>
    /// <param name="slotsPerCpu">A power of two, at least 2, or 0 to choose by the number of CPUs.</param>
    /// <param name="places">If not null, behave as if the kernel had no drop reasons; for tests.</param>
    /// <exception cref="BpfException">The kernel rejected the programs.</exception>
    public static BpfPrograms Load(int slotsPerCpu, KernelPlaces? places = null)
    {
        LibBpf.SetPrint(0);
        int cpus = LibBpf.PossibleCpus();
        int slots = slotsPerCpu != 0
            ? slotsPerCpu
            : Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)(MaxSlotsTotal / cpus)), MinSlotsPerCpu, MaxSlotsPerCpu);
        Probed probed = Probe(places);
        try
        {
            return Load(cpus, slots, in probed);
        }
        catch (BpfException) when (probed.Features.HasConnectionRequests)
        {
            // The kernel may be configured without the tracing of functions; its types do not tell.
            Probed reduced = probed with { Features = probed.Features with { HasConnectionRequests = false } };
            return Load(cpus, slots, in reduced);
        }
        catch
        {
            probed.Names?.Dispose();
            throw;
        }
    }

    /// <summary>Attaches the tracepoints for dropped packets and for connections of the node's own network.</summary>
    /// <exception cref="BpfException">The kernel rejected a program.</exception>
    public void AttachTracepoints()
    {
        if (DropProgram(Features.Drops) is { } program)
            Attach(program, "kfree_skb");
        Attach("socket_changed", "inet_sock_set_state");
        // arm64 has had the types since 5.10, but functions can be traced since 6.0 only.
        if (Features.HasConnectionRequests && LibBpf.Attach(Program(RequestProgram)) is not 0 and var link)
            _links.Add(link);
    }

    /// <summary>Finds the reason of a drop, if only its place in the kernel is known.</summary>
    /// <returns>
    /// False if the packet was freed ordinarily, or if it belongs to an established connection and no policy dropped it: TCP
    /// recovers from such losses.
    /// </returns>
    public bool TryResolveReason(ref Drop drop)
    {
        if (drop.Place == 0 || drop.Reason != 0)
            return true;
        drop.Reason = _places!.ReasonOf(drop.Place, _dropPlaces);
        bool opens = drop.Protocol == TransportProtocol.Udp || drop.Flags.HasFlag(FlowFlags.Syn);
        return !Reasons.IsOrdinary(drop.Reason) && (opens || Reasons.Meaning(drop.Reason) == V1.DropReason.Policy);
    }

    /// <summary>
    /// Sets the offset of a conntrack entry's tuples once the kernel has its type: at the start if conntrack is built in, else
    /// when its module is loaded. Cheap to call again.
    /// </summary>
    public void UpdateConntrackOffset()
    {
        if (_hasConntrackOffset || !KernelTypes.HasModule("nf_conntrack"))
            return;
        _hasConntrackOffset = true; // also on failure: the types do not change, and reading them is too slow to repeat
        using KernelTypes? types = KernelTypes.LoadWith("nf_conntrack");
        if (types?.MemberOffset("nf_conn", "tuplehash") is { } offset)
            SetConntrackOffset(offset);
    }

    /// <summary>The sum over all CPUs since the programs were loaded.</summary>
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

    private static BpfPrograms Load(int cpus, int slots, in Probed probed)
    {
        nint bpfObject = BpfObject.Open("depmap.bpf.o");
        try
        {
            LibBpf.SetMaxEntries(LibBpf.FindMap(bpfObject, "flow_slots"), (uint)(cpus * slots));
            foreach (DropReasonSource other in (DropReasonSource[])[DropReasonSource.ByReason, DropReasonSource.ByPlace])
            {
                if (other != probed.Features.Drops)
                    LibBpf.SetAutoload(LibBpf.FindProgram(bpfObject, DropProgram(other)!), false);
            }

            LibBpf.SetAutoload(LibBpf.FindProgram(bpfObject, RequestProgram), probed.Features.HasConnectionRequests);
            SetConstants(bpfObject, slots, probed.Reasons);
            BpfObject.Load(bpfObject);
            LibBpf.MallocTrim(0); // the kernel's types, some megabytes, are no longer needed
            return new BpfPrograms(bpfObject, cpus, slots, in probed);
        }
        catch
        {
            LibBpf.ObjectClose(bpfObject);
            throw;
        }
    }

    private static string? DropProgram(DropReasonSource how) => how switch
    {
        DropReasonSource.ByReason => "packet_dropped",
        DropReasonSource.ByPlace => "packet_dropped_without_reason",
        _ => null,
    };

    private static Probed Probe(KernelPlaces? places)
    {
        using KernelTypes types = KernelTypes.Load();
        DropReasons reasons = places is null ? types.ReadDropReasons() : DropPlaces.Reasons();
        PlaceNames? names = reasons.Any ? null : PlaceNames.TryLoad();
        if (names is not null)
            (places, reasons) = (new KernelPlaces(names.FunctionAt), DropPlaces.Reasons());
        DropReasonSource drops = places is not null ? DropReasonSource.ByPlace
            : reasons.Any ? DropReasonSource.ByReason
            : DropReasonSource.None;
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
        reasons.WriteKinds(constants->ReasonKinds);
    }

    /// <summary>The inode number of this thread's network namespace, as in <c>net:[4026531840]</c>.</summary>
    private static uint NetworkNamespace()
    {
        string name = File.ResolveLinkTarget("/proc/thread-self/ns/net", returnFinalTarget: false)!.Name;
        return uint.Parse(name.AsSpan(name.IndexOf('[') + 1).TrimEnd(']'), System.Globalization.CultureInfo.InvariantCulture);
    }

    private void SetConntrackOffset(int offset)
    {
        uint zero = 0, value = (uint)offset;
        _ = LibBpf.Update(LibBpf.MapDescriptor(Map(".data.conntrack")), &zero, &value, 0);
        _hasConntrackOffset = true;
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

    /// <param name="ConntrackTuples">Offset of the tuples in struct nf_conn; null if conntrack is a module.</param>
    private readonly record struct Probed(
        DropReasons Reasons, KernelPlaces? Places, PlaceNames? Names, KernelFeatureSet Features, int? ConntrackTuples);

    /// <summary>The start of .rodata: the constants of bpf/maps.h, in order. A test compares it with the object's BTF.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ReadOnlyData
    {
        public uint SlotsPerCpu;
        public uint NodeNetns;
        public ReasonKinds ReasonKinds;
    }

    [System.Runtime.CompilerServices.InlineArray(256)]
    internal struct ReasonKinds
    {
        private byte _first;
    }
}
