using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>What a slot held when another flow took it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Eviction
{
    public RecordKind Kind;
    public uint SlotIndex;
    public FlowSlot Slot;
}
