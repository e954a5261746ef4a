using System.Buffers.Binary;

namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>Makes the frames that a client sends.</summary>
internal static class Frames
{
    /// <param name="headers">The encoded headers.</param>
    public static byte[] Open(uint streamId, ReadOnlySpan<byte> headers) =>
        // Neither an associated stream nor a priority.
        [.. Start(FrameType.SynStream, 10 + headers.Length), .. Number(streamId), 0, 0, 0, 0, 0, 0, .. headers];

    public static byte[] Reset(uint streamId, uint status) =>
        [.. Start(FrameType.RstStream, 8), .. Number(streamId), .. Number(status)];

    public static byte[] Ping(uint id) => [.. Start(FrameType.Ping, 4), .. Number(id)];

    /// <param name="streamId">0 for the whole connection.</param>
    public static byte[] WindowUpdate(uint streamId, uint bytes) =>
        [.. Start(FrameType.WindowUpdate, 8), .. Number(streamId), .. Number(bytes)];

    /// <summary>Writes the header of data, which follows it.</summary>
    public static void WriteDataHeader(Span<byte> frame, uint streamId, int length, bool isLast = false)
    {
        BinaryPrimitives.WriteUInt32BigEndian(frame, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], (uint)length | (isLast ? (uint)FrameHeader.LastFlag << 24 : 0));
    }

    private static byte[] Start(FrameType type, int length) => [.. Number(FrameHeader.Control | (uint)type), .. Number((uint)length)];

    private static byte[] Number(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
