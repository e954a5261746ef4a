namespace Depmap.Agent.Records;

/// <summary>Numbers as in the IP header.</summary>
internal enum TransportProtocol : byte
{
    Tcp = 6,
    Udp = 17,
}
