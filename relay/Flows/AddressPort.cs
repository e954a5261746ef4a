namespace Depmap.Relay.Flows;

/// <summary>One end of a connection as packets name it.</summary>
internal readonly record struct AddressPort(Address Address, ushort Port);
