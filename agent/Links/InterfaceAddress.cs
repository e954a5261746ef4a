using System.Net;

namespace Depmap.Agent.Links;

/// <summary>An address of an interface, from RTM_NEWADDR.</summary>
internal readonly record struct InterfaceAddress(int Index, IPAddress Address)
{
    public static bool TryRead(NetlinkMessage message, out InterfaceAddress address)
    {
        address = default;
        if (message.Type != Rtnetlink.NewAddress
            || !message.TryRead(out AddressHeader header, out NetlinkAttributes attributes))
            return false;
        IPAddress? local = null, other = null;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (value.Length is not (4 or 16))
                continue;
            if (type == Rtnetlink.AddressLocal)
                local = new IPAddress(value);
            else if (type == Rtnetlink.AddressValue)
                other = new IPAddress(value);
        }

        // On a point-to-point interface IFA_ADDRESS is the peer's; IPv6 usually has no IFA_LOCAL (include/uapi/linux/if_addr.h).
        if ((local ?? other) is not { } own)
            return false;
        address = new InterfaceAddress(header.Index, own);
        return true;
    }
}
