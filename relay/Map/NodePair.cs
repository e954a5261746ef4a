namespace Depmap.Relay.Map;

/// <summary>The nodes of both ends of a flow. A node, or its zone, is empty if it is not known.</summary>
internal readonly record struct NodePair(string SourceNode, string SourceZone, string DestinationNode, string DestinationZone)
{
    /// <summary>Whether traffic between them leaves a zone; null if a zone is not known.</summary>
    public bool? CrossesZones =>
        SourceZone.Length == 0 || DestinationZone.Length == 0 ? null : SourceZone != DestinationZone;
}
