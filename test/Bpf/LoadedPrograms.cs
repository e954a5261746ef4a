using Depmap.Agent.Kernel;
using Depmap.Agent.Records;
using Microsoft.Win32.SafeHandles;
// They load programs, and count what these count.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Depmap.Bpf.Tests;

/// <summary>The programs as the agent loads them, once for all tests of packets.</summary>
public sealed unsafe class LoadedPrograms : IDisposable
{
    public const string Collection = "loaded programs";
    private const int SlotsPerCpu = 4096;

    private readonly SafeFileHandle _slotMap;
    private readonly MappedMemory _slotMemory;

    public LoadedPrograms()
    {
        Programs = Load(SlotsPerCpu);
        _slotMap = ProgramMaps.Find(Programs.FromPod, "flow_slots");
        SlotCount = LibBpf.PossibleCpus() * SlotsPerCpu;
        _slotMemory = MappedMemory.OfMap((int)_slotMap.DangerousGetHandle(), (nuint)(SlotCount * sizeof(FlowSlot)), writable: true);
    }

    internal BpfPrograms Programs { get; }

    internal TestRun TestRun { get; } = new();

    internal SafeFileHandle SlotMap => _slotMap;

    /// <summary>The flow cache itself, to be looked at and cleared.</summary>
    internal Span<FlowSlot> Slots => new(_slotMemory.Start, SlotCount);

    private int SlotCount { get; }

    /// <summary>Where a flow is; -1 if it is not there.</summary>
    internal int SlotIndex(FlowKey key)
    {
        for (int i = 0; i < SlotCount; i++)
        {
            if (Slots[i].Version != 0 && Slots[i].Key == key)
                return i;
        }

        return -1;
    }

    /// <summary>Loads with a number of slots of one's own.</summary>
    /// <param name="places">Not null: as if the kernel gave drops no reasons.</param>
    internal static BpfPrograms Load(int slotsPerCpu, KernelPlaces? places = null)
    {
        if (Environment.UserName != "root")
            throw new InvalidOperationException("these tests load eBPF programs: run them as root (sudo make test)");
        KernelRequirements.Check();
        return BpfPrograms.Load(slotsPerCpu, places);
    }

    public void Dispose()
    {
        TestRun.Dispose();
        _slotMemory.Dispose();
        _slotMap.Dispose();
        Programs.Dispose();
    }
}
