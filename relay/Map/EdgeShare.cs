using Depmap.Relay.Joining;

namespace Depmap.Relay.Map;

/// <summary>What one flow adds to its edge, kept with the flow so that it can be taken back exactly.</summary>
internal struct EdgeShare
{
    public Edge? Edge;

    /// <summary>The map was full: the flow is counted as unmapped.</summary>
    public bool Unmapped;
    public Decision Decision;
    public ulong BytesToServer;
    public ulong BytesToClient;
    public ulong HandshakeNs;
    public bool Guessed;
}
