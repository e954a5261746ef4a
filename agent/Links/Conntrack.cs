using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Links;

/// <summary>
/// Queries the node's connection tracker for a connection's ends before and after translation. Used by one thread. Constants:
/// include/uapi/linux/netfilter/{nfnetlink,nfnetlink_conntrack}.h.
/// </summary>
internal sealed class Conntrack : IDisposable
{
    private const int NetfilterProtocol = 12; // NETLINK_NETFILTER
    private const ushort Get = 0x0101; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
    private const ushort GetCountersOfCpu = 0x0104, GetTotals = 0x0105; // IPCTNL_MSG_CT_GET_STATS_CPU, IPCTNL_MSG_CT_GET_STATS
    private const ushort CpuInvalid = 4, CpuInsertFailed = 9, CpuDropped = 10;
    private const ushort TotalEntries = 1, TotalMaxEntries = 2;
    private const ushort TupleOriginal = 1, TupleReply = 2, ProtocolInfo = 4;
    private const ushort TcpInfo = 1, TcpState = 1, TcpFlagsOriginal = 4;
    private const byte TcpLastAck = 6; // enum tcp_conntrack; TIME_WAIT and CLOSE follow
    private const byte TcpBeLiberal = 0x08; // IP_CT_TCP_FLAG_BE_LIBERAL: set for connections that were picked up (tcp_new)
    private const ushort TupleAddresses = 1, TupleProtocol = 2;
    private const ushort SourceV4 = 1, DestinationV4 = 2, SourceV6 = 3, DestinationV6 = 4;
    private const ushort ProtocolNumber = 1, SourcePort = 2, DestinationPort = 3;
    private const byte FamilyV4 = 2, FamilyV6 = 10;
    private const int NoSuchEntry = 2; // ENOENT

    // Exists if the kernel tracks connections, built in or as a module.
    private const string PresenceFile = "/proc/sys/net/netfilter/nf_conntrack_max";

    private readonly byte[] _request = new byte[256];
    private readonly NetlinkHandler _onEntry;
    private readonly NetlinkHandler _onCountersOfCpu;
    private readonly NetlinkHandler _onTotals;
    private NetlinkSocket? _socket;
    private bool _isUnavailable;
    private PacketEnds _original;
    private PacketEnds _reply;
    private bool _isPickedUp, _isOver;
    private ConntrackCounters _counters;

    public Conntrack() => (_onEntry, _onCountersOfCpu, _onTotals) = (OnEntry, OnCountersOfCpu, OnTotals);

    /// <summary>Whether there is a connection tracker; without it, it translates nothing either.</summary>
    public bool IsOpen => _socket is not null;

    /// <summary>
    /// Opens the connection tracker once the kernel has one, which may be after the agent's start. Not earlier: the query would
    /// make the kernel load modules. Cheap to call again.
    /// </summary>
    public void TryOpen()
    {
        if (_socket is not null || _isUnavailable || !File.Exists(PresenceFile))
            return;
        try
        {
            _socket = NetlinkSocket.Open(protocol: NetfilterProtocol);
        }
        catch (NetlinkException)
        {
            _isUnavailable = true;
        }
    }

    /// <summary>Finds the flow that a packet belongs to, in either direction.</summary>
    /// <returns>
    /// Null if there is no entry, or if its direction means nothing: an entry made from packets in the middle of a connection
    /// takes the first sender for the client (nf_conntrack_tcp_loose).
    /// </returns>
    public TrackedFlow? FindFlow(TransportProtocol protocol, in PacketEnds packet) =>
        Find(protocol, in packet, TupleOriginal) && !_isPickedUp ? new(_original, _reply, _isOver) : null;

    /// <summary>Finds the ends of the client's packets after translation.</summary>
    /// <param name="original">The ends at the client's interface, before translation.</param>
    /// <returns>Null if there is no entry.</returns>
    public PacketEnds? FindTranslated(TransportProtocol protocol, in PacketEnds original) =>
        Find(protocol, in original, TupleOriginal) ? _reply.Reversed() : null;

    /// <summary>Finds the ends of the client's packets before translation.</summary>
    /// <param name="translated">The ends at the server's interface, after translation.</param>
    /// <returns>Null if there is no entry.</returns>
    public PacketEnds? FindOriginal(TransportProtocol protocol, in PacketEnds translated)
    {
        PacketEnds reply = translated.Reversed();
        return Find(protocol, in reply, TupleReply) ? _original : null;
    }

    /// <summary>Null if there is no connection tracker, or if it does not count.</summary>
    public ConntrackCounters? ReadCounters()
    {
        if (_socket is null)
            return null;
        _counters = default;
        try
        {
            var ofCpus = new NetlinkRequest(_request, GetCountersOfCpu, Rtnetlink.Dump);
            ofCpus.AddHeader(default(NetfilterHeader));
            if (_socket.Execute(ofCpus, _onCountersOfCpu) != 0)
                return null;
            var totals = new NetlinkRequest(_request, GetTotals, Rtnetlink.Acknowledge);
            totals.AddHeader(default(NetfilterHeader));
            return _socket.Execute(totals, _onTotals) == 0 && _counters.MaxEntries > 0 ? _counters : null;
        }
        catch (NetlinkException)
        {
            Close();
            return null;
        }
    }

    public void Dispose() => _socket?.Dispose();

    private bool Find(TransportProtocol protocol, in PacketEnds ends, ushort tuple)
    {
        if (_socket is null)
            return false;
        Span<byte> source = stackalloc byte[16], destination = stackalloc byte[16];
        int size = ends.Source.CopyTo(source);
        if (ends.Destination.CopyTo(destination) != size)
            return false;
        bool isV4 = size == 4;
        var get = new NetlinkRequest(_request, Get, Rtnetlink.Acknowledge);
        get.AddHeader(new NetfilterHeader(isV4 ? FamilyV4 : FamilyV6, 0, 0));
        int whole = get.BeginNested(tuple);
        int addresses = get.BeginNested(TupleAddresses);
        get.Add(isV4 ? SourceV4 : SourceV6, source[..size]);
        get.Add(isV4 ? DestinationV4 : DestinationV6, destination[..size]);
        get.EndNested(addresses);
        int transport = get.BeginNested(TupleProtocol);
        get.Add(ProtocolNumber, [(byte)protocol]);
        get.Add(SourcePort, MemoryMarshal.AsBytes([ends.SourcePort.Raw]));
        get.Add(DestinationPort, MemoryMarshal.AsBytes([ends.DestinationPort.Raw]));
        get.EndNested(transport);
        get.EndNested(whole);
        (_original, _reply, _isPickedUp, _isOver) = (default, default, false, false);
        try
        {
            int error = _socket.Execute(get, _onEntry);
            if (error is not (0 or NoSuchEntry))
                Close(); // not supported by this kernel (EINVAL, EOPNOTSUPP): do not query again
            return error == 0 && _original != default && _reply != default;
        }
        catch (NetlinkException)
        {
            Close();
            return false;
        }
    }

    private void Close()
    {
        _isUnavailable = true;
        _socket?.Dispose();
        _socket = null;
    }

    private void OnEntry(NetlinkMessage message)
    {
        if (!message.TryRead(out NetfilterHeader _, out NetlinkAttributes attributes))
            return;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == TupleOriginal)
                _original = ReadTuple(value);
            else if (type == TupleReply)
                _reply = ReadTuple(value);
            else if (type == ProtocolInfo)
                ReadProtocolInfo(value);
        }
    }

    private void OnCountersOfCpu(NetlinkMessage message)
    {
        if (!message.TryRead(out NetfilterHeader _, out NetlinkAttributes attributes))
            return;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == CpuDropped && value.Length == sizeof(uint))
                _counters = _counters with { Dropped = _counters.Dropped + BinaryPrimitives.ReadUInt32BigEndian(value) };
            else if (type == CpuInsertFailed && value.Length == sizeof(uint))
                _counters = _counters with { InsertFailed = _counters.InsertFailed + BinaryPrimitives.ReadUInt32BigEndian(value) };
            else if (type == CpuInvalid && value.Length == sizeof(uint))
                _counters = _counters with { Invalid = _counters.Invalid + BinaryPrimitives.ReadUInt32BigEndian(value) };
        }
    }

    private void OnTotals(NetlinkMessage message)
    {
        if (!message.TryRead(out NetfilterHeader _, out NetlinkAttributes attributes))
            return;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == TotalEntries && value.Length == sizeof(uint))
                _counters = _counters with { Entries = BinaryPrimitives.ReadUInt32BigEndian(value) };
            else if (type == TotalMaxEntries && value.Length == sizeof(uint))
                _counters = _counters with { MaxEntries = BinaryPrimitives.ReadUInt32BigEndian(value) };
        }
    }

    private void ReadProtocolInfo(ReadOnlySpan<byte> info)
    {
        var protocols = new NetlinkAttributes(info);
        while (protocols.TryRead(out ushort protocol, out ReadOnlySpan<byte> nested))
        {
            var values = new NetlinkAttributes(nested);
            while (protocol == TcpInfo && values.TryRead(out ushort type, out ReadOnlySpan<byte> value))
            {
                if (type == TcpState && value.Length == 1)
                    _isOver = value[0] >= TcpLastAck;
                else if (type == TcpFlagsOriginal && value.Length == 2) // struct nf_ct_tcp_flags
                    _isPickedUp = (value[0] & TcpBeLiberal) != 0;
            }
        }
    }

    private static PacketEnds ReadTuple(ReadOnlySpan<byte> tuple)
    {
        var ends = default(PacketEnds);
        var parts = new NetlinkAttributes(tuple);
        while (parts.TryRead(out ushort part, out ReadOnlySpan<byte> nested))
        {
            var values = new NetlinkAttributes(nested);
            while (values.TryRead(out ushort type, out ReadOnlySpan<byte> value))
            {
                ends = (part, type, value.Length) switch
                {
                    (TupleAddresses, SourceV4, 4) or (TupleAddresses, SourceV6, 16) =>
                        ends with { Source = Address.Read(value) },
                    (TupleAddresses, DestinationV4, 4) or (TupleAddresses, DestinationV6, 16) =>
                        ends with { Destination = Address.Read(value) },
                    (TupleProtocol, SourcePort, 2) =>
                        ends with { SourcePort = new Port(MemoryMarshal.Read<ushort>(value)) },
                    (TupleProtocol, DestinationPort, 2) =>
                        ends with { DestinationPort = new Port(MemoryMarshal.Read<ushort>(value)) },
                    _ => ends,
                };
            }
        }

        return ends;
    }

    /// <summary>struct nfgenmsg</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct NetfilterHeader(byte Family, byte Version, ushort Resource);
}
