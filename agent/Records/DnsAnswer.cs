using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A DNS answer to a pod.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DnsAnswer
{
    public RecordKind Kind;

    /// <summary>Of the message, as far as it is here.</summary>
    public ushort Length;
    private readonly ushort _padding;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;
    public Address Pod;
    public MessageBytes Message;

    [InlineArray(1024)]
    internal struct MessageBytes
    {
        private byte _first;
    }
}
