using Depmap.Agent.Kernel;
using Depmap.Agent.Records;
using Microsoft.Win32.SafeHandles;

// The tests load programs and compare global counters.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Depmap.Bpf.Tests;

/// <summary>The programs, loaded as in the agent, once for all packet tests.</summary>
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

    /// <summary>The flow cache, which tests read and clear.</summary>
    internal Span<FlowSlot> Slots => new(_slotMemory.Start, SlotCount);

    private int SlotCount { get; }

    /// <summary>The slot index of a flow; -1 if there is none.</summary>
    internal int SlotIndex(FlowKey key)
    {
        for (int i = 0; i < SlotCount; i++)
        {
            if (Slots[i].Version != 0 && Slots[i].Key == key)
                return i;
        }

        return -1;
    }

    /// <summary>Loads the programs with another number of slots.</summary>
    /// <param name="places">If not null, behave as if the kernel had no drop reasons.</param>
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
