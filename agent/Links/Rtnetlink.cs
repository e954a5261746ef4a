namespace Depmap.Agent.Links;

/// <summary>Constants of include/uapi/linux/{netlink,rtnetlink,if_link,if_addr,pkt_sched,pkt_cls}.h.</summary>
internal static class Rtnetlink
{
    public const ushort MessageError = 2;
    public const ushort MessageDone = 3;
    public const ushort NewLink = 16;
    public const ushort DeleteLink = 17;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort NewRoute = 24;
    public const ushort DeleteRoute = 25;
    public const ushort GetRoute = 26;
    public const ushort NewQdisc = 36;
    public const ushort DeleteQdisc = 37;
    public const ushort GetQdisc = 38;
    public const ushort NewFilter = 44;
    public const ushort DeleteFilter = 45;
    public const ushort GetFilter = 46;

    public const ushort Request = 0x1;
    public const ushort Acknowledge = 0x4;
    public const ushort DumpInterrupted = 0x10;
    public const ushort Exclusive = 0x200;
    public const ushort Dump = 0x300;
    public const ushort Create = 0x400;

    public const uint LinkGroup = 0x1;
    public const uint AddressGroups = 0x10 | 0x100; // IPv4, IPv6
    public const uint RouteGroups = 0x40 | 0x400;
    public const uint TrafficGroup = 0x8;

    public const byte AnyFamily = 0;
    public const byte MainTable = 254;

    public const ushort LinkName = 3;
    public const ushort LinkMaster = 10;
    public const ushort LinkInfo = 18;
    public const ushort LinkInfoKind = 1;
    public const ushort LinkExtendedMask = 29;
    public const ushort LinkPeerNamespace = 37;
    public const uint SkipStatistics = 1 << 3;

    public const ushort AddressValue = 1;
    public const ushort AddressLocal = 2;

    public const ushort RouteInterface = 4;
    public const ushort RouteMultipath = 9;

    public const ushort TrafficKind = 1;
    public const ushort TrafficOptions = 2;
    public const ushort TrafficChain = 11;
    public const ushort FilterProgram = 6;
    public const ushort FilterName = 7;
    public const ushort FilterFlags = 8;
    public const uint DirectAction = 1;
}
