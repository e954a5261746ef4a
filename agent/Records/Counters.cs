using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>The programs' counters: struct counters, of one CPU or summed up.</summary>
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
