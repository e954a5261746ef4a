using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>The loaded eBPF object: its programs, and the maps that they write. Ends with the process, whatever ends it.</summary>
internal sealed unsafe class BpfPrograms : IDisposable
{
    /// <summary>The flow cache of one CPU, unless told otherwise.</summary>
    private const int SlotsPerCpu = 32768;

    /// <summary>On machines with many CPUs each gets less, so that all of them stay within some 10 MiB.</summary>
    private const int SlotsInAll = 131072;
    private const int FewestSlots = 4096;

    private readonly nint bpfObject;
    private readonly MappedMemory slotMemory;
    private readonly List<nint> links = [];
    private readonly int counters;
    private readonly int cpus;

    private BpfPrograms(nint bpfObject, int cpus, int slots, DropReasons reasons)
    {
        this.bpfObject = bpfObject;
        this.cpus = cpus;
        Reasons = reasons;
        FromPod = LibBpf.ProgramDescriptor(Program("from_pod"));
        ToPod = LibBpf.ProgramDescriptor(Program("to_pod"));
        counters = LibBpf.MapDescriptor(Map("counters"));
        int count = cpus * slots;
        slotMemory = MappedMemory.OfMap(LibBpf.MapDescriptor(Map("flow_slots")), (nuint)count * (nuint)sizeof(FlowSlot), writable: false);
        Devices = new PodDevices(LibBpf.MapDescriptor(Map("pod_devices")));
        Cache = new FlowCache((FlowSlot*)slotMemory.Start, count);
        Records = new RecordRing(LibBpf.MapDescriptor(Map("records")), RecordBytes);
    }

    /// <summary>Size of the ring buffer, as in bpf/maps.h.</summary>
    public const int RecordBytes = 1 << 20;

    /// <summary>Descriptors of the two programs for a pod's interface; they stay this object's.</summary>
    public int FromPod { get; }

    public int ToPod { get; }

    public DropReasons Reasons { get; }

    public PodDevices Devices { get; }

    public FlowCache Cache { get; }

    public RecordRing Records { get; }

    /// <summary>Loads the object that is embedded in this program.</summary>
    /// <param name="slotsPerCpu">A power of two from 2 on, or 0 to choose by the number of CPUs.</param>
    /// <exception cref="BpfException">The kernel refused; the message says what.</exception>
    public static BpfPrograms Load(int slotsPerCpu)
    {
        LibBpf.SetPrint(0);
        int cpus = LibBpf.PossibleCpus();
        int slots = slotsPerCpu != 0
            ? slotsPerCpu
            : Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(SlotsInAll / cpus)), FewestSlots, SlotsPerCpu);
        DropReasons reasons = ReadReasons();
        byte[] bytes = Embedded();
        nint bpfObject;
        fixed (byte* start = bytes)
            bpfObject = LibBpf.ObjectOpen(start, (nuint)bytes.Length, 0);
        if (bpfObject == 0)
            throw new BpfException($"cannot read the embedded eBPF object: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            LibBpf.SetMaxEntries(LibBpf.FindMap(bpfObject, "flow_slots"), (uint)(cpus * slots));
            LibBpf.SetAutoload(LibBpf.FindProgram(bpfObject, reasons.Known ? "packet_dropped_unexplained" : "packet_dropped"), false);
            SetConstants(bpfObject, slots, reasons);
            if (LibBpf.ObjectLoad(bpfObject) != 0)
                throw new BpfException($"the kernel does not take the eBPF programs: {Marshal.GetLastPInvokeErrorMessage()}");
            LibBpf.MallocTrim(0); // the kernel's types, some megabytes, are needed no more
            return new BpfPrograms(bpfObject, cpus, slots, reasons);
        }
        catch
        {
            LibBpf.ObjectClose(bpfObject);
            throw;
        }
    }

    /// <summary>From now on the kernel reports the packets that it throws away, and the connections of the node's own network.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public void AttachTracepoints()
    {
        Attach(Reasons.Known ? "packet_dropped" : "packet_dropped_unexplained", "kfree_skb");
        Attach("socket_changed", "inet_sock_set_state");
    }

    /// <summary>Sum over all CPUs, since the programs were loaded.</summary>
    public Counters ReadCounters()
    {
        Counters* perCpu = stackalloc Counters[cpus];
        uint zero = 0;
        Counters sum = default;
        if (LibBpf.Lookup(counters, &zero, perCpu) != 0)
            return sum;
        for (int i = 0; i < cpus; i++)
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
        links.ForEach(link => LibBpf.LinkDestroy(link));
        Records.Dispose();
        Cache.Dispose();
        slotMemory.Dispose();
        LibBpf.ObjectClose(bpfObject);
    }

    private static DropReasons ReadReasons()
    {
        nint btf = LibBpf.BtfLoadKernel();
        if (btf == 0)
            throw new BpfException($"cannot read the kernel's BTF: {Marshal.GetLastPInvokeErrorMessage()}");
        DropReasons reasons = DropReasons.FromKernel(btf);
        LibBpf.BtfFree(btf);
        return reasons;
    }

    private static byte[] Embedded()
    {
        using Stream stream = typeof(BpfPrograms).Assembly.GetManifestResourceStream("depmap.bpf.o")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
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

    private void Attach(string program, string tracepoint)
    {
        nint link = LibBpf.Attach(Program(program));
        if (link == 0)
            throw new BpfException($"cannot attach to the {tracepoint} tracepoint: {Marshal.GetLastPInvokeErrorMessage()}");
        links.Add(link);
    }

    private nint Program(string name) => LibBpf.FindProgram(bpfObject, name);

    private nint Map(string name) => LibBpf.FindMap(bpfObject, name);

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
        private byte first;
    }
}
