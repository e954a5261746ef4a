namespace Depmap.Agent.Links;

/// <summary>The result of reading events.</summary>
internal enum NetlinkReceived
{
    /// <summary>A datagram was handled.</summary>
    Messages,

    /// <summary>No datagram is pending.</summary>
    Nothing,

    /// <summary>The kernel dropped messages: whatever was derived from them must be read again.</summary>
    Lost,
}
