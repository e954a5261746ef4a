using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>A network interface, as RTM_NEWLINK describes it.</summary>
/// <param name="Index">Its number in its network namespace; used again only when somebody asks for it.</param>
/// <param name="Name">Its name at the moment; for logs only.</param>
/// <param name="Kind">What made it (<c>veth</c>, <c>bridge</c>, …); empty for hardware.</param>
/// <param name="PeerElsewhere">It has another end, and that lies in another network namespace.</param>
/// <param name="Master">Index of the bridge or other interface that it is a port of; 0 for none.</param>
internal readonly record struct Link(int Index, string Name, string Kind, bool PeerElsewhere, int Master = 0)
{
    /// <summary>
    /// False for anything but an interface. Bridges announce their ports by the same messages, in a family of their own.
    /// </summary>
    public static bool TryRead(NetlinkMessage message, out Link link)
    {
        link = default;
        if (message.Type is not (Rtnetlink.NewLink or Rtnetlink.DeleteLink)
            || !message.TryRead(out LinkHeader header, out NetlinkAttributes attributes)
            || header.Family != Rtnetlink.AnyFamily)
            return false;
        string name = "", kind = "";
        bool peerElsewhere = false;
        int master = 0;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case Rtnetlink.LinkName:
                    name = NetlinkAttributes.Text(value);
                    break;
                case Rtnetlink.LinkInfo:
                    kind = ReadKind(new NetlinkAttributes(value));
                    break;
                case Rtnetlink.LinkPeerNamespace:
                    peerElsewhere = true;
                    break;
                case Rtnetlink.LinkMaster when value.Length >= sizeof(int):
                    master = MemoryMarshal.Read<int>(value);
                    break;
            }
        }

        link = new Link(header.Index, name, kind, peerElsewhere, master);
        return true;
    }

    private static string ReadKind(NetlinkAttributes attributes)
    {
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.LinkInfoKind)
                return NetlinkAttributes.Text(value);
        }

        return "";
    }
}
