using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>An entry of the flow cache: struct flow_slot.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FlowSlot
{
    public FlowKey Key;

    /// <summary>Odd while another flow takes the slot; 0 if the slot was never used.</summary>
    public uint Version;
    public TransportProtocol Protocol;
    public FlowFlags FlagsFromPod;
    public FlowFlags FlagsToPod;
    private readonly byte _padding;

    /// <summary>Time of the last packet: CLOCK_MONOTONIC in ns, at the resolution of a tick.</summary>
    public long Last;
    public ulong BytesFromPod;
    public ulong BytesToPod;
    public uint PacketsFromPod;
    public uint PacketsToPod;
}
