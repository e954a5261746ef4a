namespace Depmap.Relay.Flows;

/// <summary>One endpoint of a connection, as in a packet.</summary>
internal readonly record struct AddressPort(Address Address, ushort Port);
