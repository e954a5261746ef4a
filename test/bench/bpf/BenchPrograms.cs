using System.Runtime.InteropServices;
using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Bench;

/// <summary>bpf/bench.bpf.c with a flow cache of the agent's size.</summary>
internal sealed unsafe class BenchPrograms : IDisposable
{
    private readonly nint _bpfObject;

    /// <param name="slotsPerCpu">Flow cache entries per CPU, as in the agent.</param>
    public BenchPrograms(int slotsPerCpu)
    {
        using Stream stream = typeof(BenchPrograms).Assembly.GetManifestResourceStream("bench.bpf.o")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        fixed (byte* start = bytes)
            _bpfObject = LibBpf.ObjectOpen(start, (nuint)bytes.Length, 0);
        LibBpf.SetMaxEntries(LibBpf.FindMap(_bpfObject, "flow_slots"), (uint)(LibBpf.PossibleCpus() * slotsPerCpu));
        *(int*)LibBpf.InitialValue(LibBpf.FindMap(_bpfObject, ".rodata"), out _) = slotsPerCpu; // the first constant of bpf/maps.h
        if (LibBpf.ObjectLoad(_bpfObject) != 0)
            throw new BpfException($"the kernel rejected bpf/bench.bpf.c: {Marshal.GetLastPInvokeErrorMessage()}");
        Records = new RecordRing(LibBpf.MapDescriptor(LibBpf.FindMap(_bpfObject, "records")), BpfPrograms.RecordBytes);
    }

    public int Empty => Program("empty");

    public int RotateOnly => Program("rotate_only");

    public int RotateFromPod => Program("rotate_from_pod");

    public RecordRing Records { get; }

    public void Dispose()
    {
        Records.Dispose();
        LibBpf.ObjectClose(_bpfObject);
    }

    private int Program(string name) => LibBpf.ProgramDescriptor(LibBpf.FindProgram(_bpfObject, name));
}
