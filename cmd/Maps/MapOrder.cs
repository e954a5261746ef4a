namespace Depmap.Plugin.Maps;

/// <summary>What a map is sorted by.</summary>
internal enum MapOrder
{
    /// <summary>Client, server and port.</summary>
    Name,
    Bytes,
    Connections,
    Drops,

    /// <summary>The mean time of the handshake.</summary>
    Latency,
}
