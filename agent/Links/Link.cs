using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>A network interface, from RTM_NEWLINK.</summary>
/// <param name="Index">Its index in its network namespace; only reused on request.</param>
/// <param name="Name">Its current name; for logs only.</param>
/// <param name="Kind">The kind of device (<c>veth</c>, <c>bridge</c>, …); empty for hardware.</param>
/// <param name="PeerInOtherNamespace">It has a peer, which is in another network namespace.</param>
/// <param name="Master">Index of the bridge or other interface that it is a port of; 0 for none.</param>
internal readonly record struct Link(int Index, string Name, string Kind, bool PeerInOtherNamespace, int Master = 0)
{
    /// <summary>False for other messages. Bridges announce their ports with the same message types, in their own family.</summary>
    public static bool TryRead(NetlinkMessage message, out Link link)
    {
        link = default;
        if (message.Type is not (Rtnetlink.NewLink or Rtnetlink.DeleteLink)
            || !message.TryRead(out LinkHeader header, out NetlinkAttributes attributes)
            || header.Family != Rtnetlink.AnyFamily)
            return false;
        string name = "", kind = "";
        bool peerInOtherNamespace = false;
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
                    peerInOtherNamespace = true;
                    break;
                case Rtnetlink.LinkMaster when value.Length >= sizeof(int):
                    master = MemoryMarshal.Read<int>(value);
                    break;
            }
        }

        link = new Link(header.Index, name, kind, peerInOtherNamespace, master);
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
