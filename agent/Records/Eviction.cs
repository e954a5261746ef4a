using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>The contents of a slot when another flow took it: struct eviction.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Eviction
{
    public RecordKind Kind;
    public uint SlotIndex;
    public FlowSlot Slot;
}
