namespace Depmap.Agent.Records;

/// <summary>Both ends of a packet.</summary>
internal readonly record struct PacketEnds(Address Source, Port SourcePort, Address Destination, Port DestinationPort)
{
    /// <summary>Of a packet the other way. A method: a record prints its properties, and this one's again, without an end.</summary>
    public PacketEnds Reversed() => new(Destination, DestinationPort, Source, SourcePort);
}
