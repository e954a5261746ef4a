namespace Depmap.Agent.Links;

/// <summary>What came of reading events.</summary>
internal enum NetlinkReceived
{
    /// <summary>One datagram was handed on.</summary>
    Messages,

    /// <summary>Nothing is waiting.</summary>
    Nothing,

    /// <summary>The kernel had to throw messages away: whatever was derived from them must be read anew.</summary>
    Lost,
}
