namespace Depmap.Agent.Links;

/// <summary>What is done with one message of a dump or of a multicast group.</summary>
internal delegate void NetlinkHandler(NetlinkMessage message);
