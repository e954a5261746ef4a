namespace Depmap.Agent.Records;

/// <summary>TCP header flags (RFC 9293 3.1); a UDP packet sets only <see cref="Seen"/>.</summary>
[Flags]
internal enum FlowFlags : byte
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Ack = 0x10,
    Seen = 0x80,
}
