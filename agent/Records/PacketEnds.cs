namespace Depmap.Agent.Records;

/// <summary>The source and destination of a packet.</summary>
internal readonly record struct PacketEnds(Address Source, Port SourcePort, Address Destination, Port DestinationPort)
{
    /// <summary>The ends of a reply. A method, because a record's ToString would print a property, and that one's, without end.</summary>
    public PacketEnds Reversed() => new(Destination, DestinationPort, Source, SourcePort);
}
