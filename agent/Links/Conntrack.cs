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
    private const ushort TupleOriginal = 1, TupleReply = 2;
    private const ushort TupleAddresses = 1, TupleProtocol = 2;
    private const ushort SourceV4 = 1, DestinationV4 = 2, SourceV6 = 3, DestinationV6 = 4;
    private const ushort ProtocolNumber = 1, SourcePort = 2, DestinationPort = 3;
    private const byte FamilyV4 = 2, FamilyV6 = 10;
    private const int NoSuchEntry = 2; // ENOENT

    // Exists if the kernel tracks connections, built in or as a module.
    private const string PresenceFile = "/proc/sys/net/netfilter/nf_conntrack_max";

    private readonly byte[] _request = new byte[256];
    private readonly NetlinkHandler _onEntry;
    private NetlinkSocket? _socket;
    private bool _isUnavailable;
    private PacketEnds _original;
    private PacketEnds _reply;

    public Conntrack() => _onEntry = OnEntry;

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
        (_original, _reply) = (default, default);
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
