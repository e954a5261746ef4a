using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>Asks the node's connection tracker for the flow of a packet, in either direction.</summary>
/// <returns>Null if it has no such flow, or does not know who opened it.</returns>
internal delegate TrackedFlow? TrackerQuery(TransportProtocol protocol, in PacketEnds packet);
