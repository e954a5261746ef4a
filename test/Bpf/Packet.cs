using System.Buffers.Binary;
using System.Net;

namespace Depmap.Bpf.Tests;

/// <summary>
/// Builds a frame header by header, in the order of the wire. Each header sets the type of the next one in its predecessor;
/// lengths are filled in at the end unless the test sets them. Checksums stay 0: the programs do not check them.
/// </summary>
internal sealed class Packet
{
    private readonly List<byte> _bytes = [];
    private readonly List<(int At, int From)> _lengths = [];

    /// <summary>Offset of the EtherType or protocol field for the next header.</summary>
    private int _nextAt = -1;
    private int _tcpAt;

    public static Packet Ethernet()
    {
        Packet packet = new();
        packet.Append([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0, 0]);
        packet._nextAt = 12;
        return packet;
    }

    /// <summary>A packet without an Ethernet header, for an ICMP error.</summary>
    public static Packet Inner() => new();

    /// <summary>IEEE 802.1Q, or 802.1ad with its type.</summary>
    public Packet Vlan(int id, ushort type = 0x8100)
    {
        NameType(type);
        _nextAt = _bytes.Count + 2;
        return Append([(byte)(id >> 8), (byte)id, 0, 0]);
    }

    /// <summary>Any other EtherType.</summary>
    public Packet Type(ushort type)
    {
        NameType(type);
        return this;
    }

    /// <summary>RFC 791 3.1.</summary>
    /// <param name="fragmentOffset">In bytes.</param>
    /// <param name="options">Bytes of options, a multiple of 4.</param>
    /// <param name="headerWords">A wrong IHL.</param>
    public Packet IPv4(
        string source, string destination, int id = 0, bool moreFragments = false, int fragmentOffset = 0, int options = 0,
        int? headerWords = null, int version = 4, int? length = null)
    {
        NameType(0x0800);
        int at = _bytes.Count;
        byte[] header = new byte[20 + options];
        header[0] = (byte)(version << 4 | (headerWords ?? header.Length / 4));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)id);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)((moreFragments ? 0x2000 : 0) | fragmentOffset / 8));
        header[8] = 64;
        IPAddress.Parse(source).TryWriteBytes(header.AsSpan(12), out _);
        IPAddress.Parse(destination).TryWriteBytes(header.AsSpan(16), out _);
        header.AsSpan(20).Fill(1); // no operation
        Append(header);
        _nextAt = at + 9;
        return Length(at + 2, at, length);
    }

    /// <summary>RFC 8200 3.</summary>
    public Packet IPv6(string source, string destination, int version = 6, int? length = null)
    {
        NameType(0x86dd);
        int at = _bytes.Count;
        byte[] header = new byte[40];
        header[0] = (byte)(version << 4);
        header[6] = 59; // no next header
        header[7] = 64;
        IPAddress.Parse(source).TryWriteBytes(header.AsSpan(8), out _);
        IPAddress.Parse(destination).TryWriteBytes(header.AsSpan(24), out _);
        Append(header);
        _nextAt = at + 6;
        return Length(at + 4, at + 40, length);
    }

    /// <summary>RFC 8200 4.3 to 4.6: hop-by-hop options, routing, destination options.</summary>
    /// <param name="units">Its length field: units of 8 bytes beyond the first.</param>
    public Packet HopByHop(int units = 0) => Extension(0, units, 8 * (units + 1));

    public Packet Routing(int units = 0) => Extension(43, units, 8 * (units + 1));

    public Packet DestinationOptions(int units = 0) => Extension(60, units, 8 * (units + 1));

    /// <summary>RFC 4302 2: its length counts words of 4 bytes, less 2.</summary>
    public Packet Authentication(int words = 4) => Extension(51, words, 4 * (words + 2));

    /// <summary>RFC 8200 4.5.</summary>
    /// <param name="offset">In bytes.</param>
    public Packet Fragment(uint id, int offset, bool more)
    {
        Extension(44, 0, 8);
        Span<byte> header = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[^8..];
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(offset / 8 << 3 | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], id);
        return this;
    }

    /// <summary>RFC 9293 3.1; without flags.</summary>
    public Packet Tcp(int sourcePort, int destinationPort, int options = 0, int? headerWords = null)
    {
        NameProtocol(6);
        _tcpAt = _bytes.Count;
        byte[] header = new byte[20 + options];
        WritePorts(header, sourcePort, destinationPort);
        header[12] = (byte)((headerWords ?? header.Length / 4) << 4);
        return Append(header);
    }

    public Packet Syn() => TcpFlag(0x02);

    public Packet Fin() => TcpFlag(0x01);

    public Packet Rst() => TcpFlag(0x04);

    public Packet Push() => TcpFlag(0x08);

    public Packet Ack() => TcpFlag(0x10);

    /// <summary>ECE and CWR (RFC 3168).</summary>
    public Packet Ecn() => TcpFlag(0xc0);

    public Packet Sequence(uint number) => TcpNumber(4, number);

    public Packet Acknowledging(uint number) => TcpNumber(8, number).Ack();

    public Packet Udp(int sourcePort, int destinationPort, int? length = null)
    {
        NameProtocol(17);
        int at = _bytes.Count;
        byte[] header = new byte[8];
        WritePorts(header, sourcePort, destinationPort);
        Append(header);
        return Length(at + 4, at, length);
    }

    /// <summary>RFC 792, with the packet that caused it.</summary>
    public Packet Icmp(int type, int code, Packet? about = null) => IcmpOf(1, type, code, about);

    /// <summary>RFC 4443 3.</summary>
    public Packet IcmpV6(int type, int code, Packet? about = null) => IcmpOf(58, type, code, about);

    /// <summary>Any other protocol, with 8 bytes of payload.</summary>
    public Packet Protocol(byte number)
    {
        NameProtocol(number);
        return Payload(8);
    }

    public Packet Payload(byte[] payload) => Append(payload);

    public Packet Payload(int size) => Append(Enumerable.Repeat((byte)0x5a, size).ToArray());

    public byte[] ToArray()
    {
        byte[] result = [.. _bytes];
        foreach ((int at, int from) in _lengths)
            BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(at), (ushort)(result.Length - from));
        return result;
    }

    private Packet IcmpOf(byte protocol, int type, int code, Packet? about)
    {
        NameProtocol(protocol);
        Append([(byte)type, (byte)code, 0, 0, 0, 0, 0, 0]);
        return about is null ? this : Append(about.ToArray());
    }

    private Packet Extension(byte number, int length, int size)
    {
        NameProtocol(number);
        _nextAt = _bytes.Count;
        byte[] header = new byte[size];
        header[0] = 59;
        header[1] = (byte)length;
        return Append(header);
    }

    private Packet TcpFlag(byte flag)
    {
        _bytes[_tcpAt + 13] |= flag;
        return this;
    }

    private Packet TcpNumber(int offset, uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[(_tcpAt + offset)..], number);
        return this;
    }

    private Packet Length(int at, int from, int? fixedValue)
    {
        if (fixedValue is null)
            _lengths.Add((at, from));
        else
            (_bytes[at], _bytes[at + 1]) = ((byte)(fixedValue.Value >> 8), (byte)fixedValue.Value);
        return this;
    }

    private void NameType(ushort type)
    {
        if (_nextAt >= 0)
            (_bytes[_nextAt], _bytes[_nextAt + 1]) = ((byte)(type >> 8), (byte)type);
    }

    private void NameProtocol(byte number) => _bytes[_nextAt] = number;

    private Packet Append(byte[] more)
    {
        _bytes.AddRange(more);
        return this;
    }

    private static void WritePorts(Span<byte> header, int source, int destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)source);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)destination);
    }
}
