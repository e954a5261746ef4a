namespace Depmap.Agent.Links;

/// <summary>Handles a message of a dump or of a multicast group.</summary>
internal delegate void NetlinkHandler(NetlinkMessage message);
