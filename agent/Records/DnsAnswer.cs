using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A DNS answer sent to a pod: struct answer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DnsAnswer
{
    public RecordKind Kind;

    /// <summary>Length of the message in this record; longer messages are truncated.</summary>
    public ushort Length;
    private readonly ushort _padding;

    /// <summary>CLOCK_MONOTONIC, in ns.</summary>
    public long Time;
    public Address Pod;
    public MessageBytes Message;

    [InlineArray(1024)]
    internal struct MessageBytes
    {
        private byte _first;
    }
}
