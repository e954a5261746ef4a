using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>One entry of the flow cache.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FlowSlot
{
    public FlowKey Key;

    /// <summary>Odd while the slot changes hands; 0 if never used.</summary>
    public uint Version;
    public TransportProtocol Protocol;
    public FlowFlags FlagsFromPod;
    public FlowFlags FlagsToPod;
    private readonly byte _padding;

    /// <summary>CLOCK_MONOTONIC, ns, of the last packet; coarse.</summary>
    public long Last;
    public ulong BytesFromPod;
    public ulong BytesToPod;
    public uint PacketsFromPod;
    public uint PacketsToPod;
}
