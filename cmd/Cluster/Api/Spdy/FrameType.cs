namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>The kinds of control frames (SPDY/3.1 2.6) that are used here. Others are ignored.</summary>
internal enum FrameType : ushort
{
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 9,
}
