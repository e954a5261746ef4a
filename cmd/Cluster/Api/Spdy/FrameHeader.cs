using System.Buffers.Binary;

namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>The first eight bytes of a frame (SPDY/3.1 2.2).</summary>
/// <param name="Type">Of a control frame; null for data.</param>
/// <param name="StreamId">Of data; a control frame has it in its payload.</param>
/// <param name="Length">Bytes of the payload, below 2^24.</param>
internal readonly record struct FrameHeader(FrameType? Type, uint StreamId, bool IsLast, int Length)
{
    public const int Size = 8;

    public const byte LastFlag = 1;

    /// <summary>The first half of a control frame, without its type.</summary>
    public const uint Control = 0x8003_0000;

    private const uint ControlBit = 0x8000_0000;

    /// <exception cref="IOException">A control frame of another version.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(bytes), second = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        bool isLast = (second >> 24 & LastFlag) != 0;
        int length = (int)(second & 0xff_ffff);
        if ((first & ControlBit) == 0)
            return new FrameHeader(null, first, isLast, length);
        if ((first & 0xffff_0000) != Control)
            throw new IOException($"the API server sent a frame of version {first >> 16 & 0x7fff} instead of SPDY/3.1");
        return new FrameHeader((FrameType)(first & 0xffff), 0, isLast, length);
    }
}
