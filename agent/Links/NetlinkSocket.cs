using System.Runtime.InteropServices;
using Depmap.Agent.Records;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Links;

/// <summary>
/// A netlink socket of the calling thread's network namespace, used by one thread. One that has joined multicast
/// groups serves <see cref="Receive"/> only, one without serves requests only: so events never sit among answers.
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

    // The kernel fills a dump's datagram up to 32 KiB (netlink_dump), and no event of ours comes near.
    private readonly byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle, uint port) => (Handle, Port) = (handle, port);

    public SafeFileHandle Handle { get; }

    /// <summary>The socket's address: by it, events that its requests caused are told from those of others.</summary>
    public uint Port { get; }

    /// <param name="groups">A bit mask of multicast groups, 0 for requests.</param>
    /// <param name="protocol">Whom to talk to: NETLINK_ROUTE (0) or another.</param>
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

        // Refused: the default size stays, and messages are lost, and made up for, a little sooner.
        _ = LibC.SetSocketOption(handle, SocketLevel, ReceiveBufferForce, ReceiveBufferSize, sizeof(int));
        return new NetlinkSocket(handle, port: MemoryMarshal.Read<uint>(address[4..]));
    }

    /// <summary>Hands on the messages of one datagram, without waiting for it.</summary>
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

    /// <summary>Sends a request that has no answer but success or an error.</summary>
    /// <returns>0, or the errno the kernel answered with.</returns>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Execute(NetlinkRequest request) => Converse(request, static _ => { }, out _);

    /// <summary>Sends a request that is answered with an object, and an acknowledgement.</summary>
    /// <returns>0, or the errno the kernel answered with.</returns>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public int Execute(NetlinkRequest request, NetlinkHandler handle) => Converse(request, handle, out _);

    /// <summary>Asks for all objects of a kind.</summary>
    /// <param name="request">Has NLM_F_DUMP among its flags.</param>
    /// <param name="begin">Called before each attempt: the list may change while the kernel walks it, and is then read again.</param>
    /// <param name="handle">Called for each object.</param>
    /// <exception cref="NetlinkException">The kernel refused, or the socket failed.</exception>
    public void Dump(NetlinkRequest request, Action begin, NetlinkHandler handle)
    {
        bool interrupted = true;
        // A list that never holds still is taken as it is: each change is an event too, and leads here again.
        for (int attempt = 0; interrupted && attempt < DumpAttempts; attempt++)
        {
            begin();
            int error = Converse(request, handle, out interrupted);
            if (error != 0)
                throw new NetlinkException("cannot list network objects", error);
        }
    }

    public void Dispose() => Handle.Dispose();

    private int Converse(NetlinkRequest request, NetlinkHandler handle, out bool interrupted)
    {
        interrupted = false;
        ReadOnlySpan<byte> bytes = request.Finish(++_sequence);
        while (LibC.Send(Handle, bytes, (nuint)bytes.Length, 0) < 0)
        {
            if (LibC.LastError != LibC.Interrupted)
                throw new NetlinkException("cannot ask netlink", LibC.LastError);
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
                    continue; // of a request given up before its end
                interrupted |= (message.Flags & Rtnetlink.DumpInterrupted) != 0;
                if (message.Type is Rtnetlink.MessageError or Rtnetlink.MessageDone)
                    return message.Error;
                handle(message);
            }
        }
    }

    /// <summary>The length of the datagram, which is more than the buffer's when it was cut, or an errno, negative.</summary>
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
            // Port 0 is the kernel; a program with CAP_NET_ADMIN could write here as well.
            if (MemoryMarshal.Read<uint>(sender[4..]) == 0)
                return (int)length;
        }
    }
}
