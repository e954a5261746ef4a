namespace Depmap.Agent.Records;

/// <summary>An entry of the connection tracker.</summary>
/// <param name="Original">The ends of the packet that opened the flow, before translation.</param>
/// <param name="Reply">The ends of a reply, as it arrives from the server.</param>
/// <param name="IsOver">TCP: both ends have closed it.</param>
internal readonly record struct TrackedFlow(PacketEnds Original, PacketEnds Reply, bool IsOver = false);
