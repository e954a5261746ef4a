using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Depmap.Agent.Kernel;

// Mirrors bpf/records.h, field by field. A test compares both through the object's BTF.

/// <summary>Which way a packet goes at a pod's host-side interface.</summary>
internal enum Direction : byte
{
    FromPod = 0,
    ToPod = 1,
}

/// <summary>TCP's own bits (RFC 9293 3.1); a UDP packet sets only <see cref="Seen"/>.</summary>
[Flags]
internal enum FlowFlags : byte
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Ack = 0x10,
    Seen = 0x80,
}

/// <summary>Numbers as in the IP header.</summary>
internal enum TransportProtocol : byte
{
    Tcp = 6,
    Udp = 17,
}

internal enum RecordKind : uint
{
    Moment = 0,
    Eviction = 1,
    Drop = 2,
    Answer = 3,
    HostConnection = 4,
}

/// <summary>An IPv6 address as it stands on the wire; IPv4 is mapped (RFC 4291 2.5.5.2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Address(ulong First, ulong Second)
{
    /// <summary>4 bytes for a mapped IPv4 address, else 16; in network order.</summary>
    public int CopyTo(Span<byte> bytes)
    {
        MemoryMarshal.Write(bytes, First);
        MemoryMarshal.Write(bytes[8..], Second);
        if (First != 0 || BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) != 0xffff)
            return 16;
        bytes[12..16].CopyTo(bytes);
        return 4;
    }

    public ByteString ToByteString()
    {
        Span<byte> bytes = stackalloc byte[16];
        return ByteString.CopyFrom(bytes[..CopyTo(bytes)]);
    }

    /// <summary>Reads 4 or 16 bytes in network order.</summary>
    public static Address Read(ReadOnlySpan<byte> bytes)
    {
        Span<byte> mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
        bytes.CopyTo(mapped[(16 - bytes.Length)..]);
        return new(MemoryMarshal.Read<ulong>(mapped), MemoryMarshal.Read<ulong>(mapped[8..]));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..CopyTo(bytes)]).ToString();
    }

    public static Address From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[8..]));
    }
}

/// <summary>A port in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Port(ushort Raw)
{
    public ushort Number => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(Raw) : Raw;

    public static Port From(int number) =>
        new(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)number) : (ushort)number);
}

/// <summary>The two ends of a flow at one interface, the pod behind it first.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FlowKey(Address Pod, Address Peer, Port PodPort, Port PeerPort, int Interface);

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

/// <summary>A packet that changes what is known of a flow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Moment
{
    public RecordKind Kind;
    public TransportProtocol Protocol;
    public Direction Direction;
    public FlowFlags Flags;

    /// <summary>Not 0: an ICMP destination unreachable about a packet of this flow; its code plus 1.</summary>
    public byte Icmp;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;
    public FlowKey Key;
    public uint TcpSequence;
    public uint TcpAcknowledgement;
}

/// <summary>What a slot held when another flow took it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Eviction
{
    public RecordKind Kind;
    public uint SlotIndex;
    public FlowSlot Slot;
}

/// <summary>A SYN, a SYN-ACK or a UDP packet that the kernel threw away, or a later TCP packet that a policy did.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Drop
{
    public RecordKind Kind;
    public uint Reason;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;

    /// <summary>Where in the kernel it was, if its reason is not known; else 0.</summary>
    public ulong Place;
    public Address Source;
    public Address Destination;
    public Port SourcePort;
    public Port DestinationPort;
    public uint TcpSequence;

    /// <summary>The host-side interface of the pod in whose network namespace it was; 0: in the node's.</summary>
    public int Interface;
    public uint TcpAcknowledgement;

    /// <summary>The packet before translation, by its conntrack entry; the ports are 0 if it has none.</summary>
    public Address OriginalSource;
    public Address OriginalDestination;
    public Port OriginalSourcePort;
    public Port OriginalDestinationPort;
    public TransportProtocol Protocol;
    public FlowFlags Flags;
    private readonly ushort _padding;
}

/// <summary>A DNS answer to a pod.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Answer
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

/// <summary>A TCP connection that a program in the node's network namespace opened, and got an answer for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HostConnection
{
    public RecordKind Kind;
    public Port ClientPort;
    public Port ServerPort;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;

    /// <summary>These two, and the ports, before translation.</summary>
    public Address Client;
    public Address Server;

    /// <summary>Of the socket, version 2: its number, which a node never gives twice.</summary>
    public ulong Cgroup;

    /// <summary>The cgroup's name, and those of the cgroups around it, nearest first: 96 bytes each, ended by a 0.</summary>
    public CgroupNames Names;

    [InlineArray(Levels * NameBytes)]
    internal struct CgroupNames
    {
        public const int Levels = 4, NameBytes = 96;
        private byte _first;
    }
}

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
