namespace Depmap.Agent.Records;

/// <summary>Protocol numbers of the IP header.</summary>
internal enum TransportProtocol : byte
{
    Tcp = 6,
    Udp = 17,
}
