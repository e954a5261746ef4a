using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>One CPU's part of the counters.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Counters
{
    public ulong LostMoments;
    public ulong LostEvictions;
    public ulong LostDrops;
    public ulong LostAnswers;
    public ulong LostHostConnections;
    public ulong OtherPackets;
    public ulong MalformedPackets;
}
