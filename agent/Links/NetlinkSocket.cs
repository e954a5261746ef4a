using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Links;

/// <summary>
/// A netlink socket in the calling thread's network namespace, used by one thread. A socket in multicast groups is for
/// <see cref="Receive"/> only, one without groups for requests only, so that events never mix with responses.
/// </summary>
internal sealed class NetlinkSocket : IDisposable
{
    private const int NetlinkFamily = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const int SocketLevel = 1;
    private const int ReceiveBufferForce = 33; // SO_RCVBUFFORCE: past net.core.rmem_max, with CAP_NET_ADMIN
    private const int ReceiveBufferSize = 4 << 20;
    private const int DontWait = 0x40;
    private const int ReportTruncation = 0x20;
    private const int DumpAttempts = 8;

    // The kernel fills datagrams of a dump up to 32 KiB (netlink_dump); our events are much smaller.
    private readonly byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle, uint port) => (Handle, Port) = (handle, port);

    public SafeFileHandle Handle { get; }

    /// <summary>The socket's address; it identifies the events caused by the socket's own requests.</summary>
    public uint Port { get; }

    /// <param name="groups">A bit mask of multicast groups; 0 for requests.</param>
    /// <param name="protocol">NETLINK_ROUTE (0) or another protocol.</param>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static NetlinkSocket Open(uint groups = 0, int protocol = 0)
    {
        SafeFileHandle handle = LibC.Socket(NetlinkFamily, RawCloseOnExec, protocol);
        if (handle.IsInvalid)
            throw new NetlinkException("cannot open a netlink socket", LibC.LastError);
        Span<byte> address = stackalloc byte[12]; // struct sockaddr_nl
        MemoryMarshal.Write(address, (ushort)NetlinkFamily);
        MemoryMarshal.Write(address[8..], groups);
        uint length = (uint)address.Length;
        if (LibC.Bind(handle, address, length) < 0 || LibC.GetSocketName(handle, address, ref length) < 0)
        {
            int error = LibC.LastError;
            handle.Dispose();
            throw new NetlinkException("cannot bind a netlink socket", error);
        }

        // If refused, the default size stays, and messages are lost, and recovered from, a little sooner.
        _ = LibC.SetSocketOption(handle, SocketLevel, ReceiveBufferForce, ReceiveBufferSize, sizeof(int));
        return new NetlinkSocket(handle, port: MemoryMarshal.Read<uint>(address[4..]));
    }

    /// <summary>Handles the messages of one datagram; does not wait for one.</summary>
    public NetlinkReceived Receive(NetlinkHandler handle)
    {
        int length = ReceiveDatagram(DontWait);
        if (length == -LibC.TryAgain)
            return NetlinkReceived.Nothing;
        if (length == -LibC.NoBufferSpace || length > _buffer.Length)
            return NetlinkReceived.Lost;
        if (length < 0)
            throw new NetlinkException("cannot read from netlink", -length);
        var reader = new NetlinkReader(_buffer.AsSpan(0, length));
        while (reader.TryRead(out NetlinkMessage message))
            handle(message);
        return NetlinkReceived.Messages;
    }

    /// <summary>Sends a request whose only response is success or an error.</summary>
    /// <returns>0, or the errno of the response.</returns>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Execute(NetlinkRequest request) => SendAndReceive(request, static _ => { }, out _);

    /// <summary>Sends a request whose response is an object and an acknowledgement.</summary>
    /// <returns>0, or the errno of the response.</returns>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Execute(NetlinkRequest request, NetlinkHandler handle) => SendAndReceive(request, handle, out _);

    /// <summary>Lists all objects of a kind.</summary>
    /// <param name="request">A request with NLM_F_DUMP.</param>
    /// <param name="begin">Called before each attempt: if the list changes during the dump, it is read again.</param>
    /// <param name="handle">Called for each object.</param>
    /// <exception cref="NetlinkException">The kernel refused, or the socket failed.</exception>
    public void Dump(NetlinkRequest request, Action begin, NetlinkHandler handle)
    {
        bool interrupted = true;
        // A list that keeps changing is accepted as it is: each change also causes an event, and the list is read again.
        for (int attempt = 0; interrupted && attempt < DumpAttempts; attempt++)
        {
            begin();
            int error = SendAndReceive(request, handle, out interrupted);
            if (error != 0)
                throw new NetlinkException("cannot list network objects", error);
        }
    }

    public void Dispose() => Handle.Dispose();

    private int SendAndReceive(NetlinkRequest request, NetlinkHandler handle, out bool interrupted)
    {
        interrupted = false;
        ReadOnlySpan<byte> bytes = request.Finish(++_sequence);
        while (LibC.Send(Handle, bytes, (nuint)bytes.Length, 0) < 0)
        {
            if (LibC.LastError != LibC.Interrupted)
                throw new NetlinkException("cannot send a netlink request", LibC.LastError);
        }

        while (true)
        {
            int length = ReceiveDatagram(0);
            if (length < 0 || length > _buffer.Length)
                throw new NetlinkException("cannot read from netlink", length < 0 ? -length : LibC.NoBufferSpace);
            var reader = new NetlinkReader(_buffer.AsSpan(0, length));
            while (reader.TryRead(out NetlinkMessage message))
            {
                if (message.Sequence != _sequence)
                    continue; // a response to an earlier request that was abandoned
                interrupted |= (message.Flags & Rtnetlink.DumpInterrupted) != 0;
                if (message.Type is Rtnetlink.MessageError or Rtnetlink.MessageDone)
                    return message.Error;
                handle(message);
            }
        }
    }

    /// <summary>The length of the datagram, larger than the buffer if it was truncated, or a negative errno.</summary>
    private int ReceiveDatagram(int flags)
    {
        Span<byte> sender = stackalloc byte[12];
        while (true)
        {
            uint senderLength = (uint)sender.Length;
            nint length = LibC.ReceiveFrom(
                Handle, _buffer, (nuint)_buffer.Length, flags | ReportTruncation, sender, ref senderLength);
            if (length < 0 && LibC.LastError == LibC.Interrupted)
                continue;
            if (length < 0)
                return -LibC.LastError;
            // Port 0 is the kernel; programs with CAP_NET_ADMIN can send to this socket as well.
            if (MemoryMarshal.Read<uint>(sender[4..]) == 0)
                return (int)length;
        }
    }
}
