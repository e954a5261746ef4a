using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>Reads the messages of a netlink datagram; stops at the first message that does not fit.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public bool TryRead(out NetlinkMessage message)
    {
        message = default;
        if (_rest.Length < NetlinkMessage.HeaderSize)
            return false;
        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkMessage.HeaderSize || length > _rest.Length)
            return false;
        message = new NetlinkMessage(_rest[..(int)length]);
        _rest = _rest[Math.Min(NetlinkAttributes.Align((int)length), _rest.Length)..];
        return true;
    }
}
