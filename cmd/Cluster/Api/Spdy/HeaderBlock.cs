using System.Buffers.Binary;
using System.Text;

namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>
/// Encodes the headers of streams (SPDY/3.1 2.6.10). They are one zlib stream (RFC 1950) for the whole connection, which here has
/// only stored blocks (RFC 1951 3.2.4), so that no compressor with a preset dictionary is needed.
/// </summary>
internal sealed class HeaderBlock
{
    // Deflate with a window of 32 KiB and a preset dictionary, then the Adler-32 of the dictionary of SPDY/3.
    private static ReadOnlySpan<byte> StreamStart => [0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2];

    // What zlib's SYNC_FLUSH ends with: an empty stored block. Receivers read no headers before it.
    private static ReadOnlySpan<byte> Flush => [0, 0, 0, 0xff, 0xff];

    private bool _isStarted;

    /// <param name="headers">Names are lowercase. At most 65,535 bytes in all.</param>
    public byte[] Encode(params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var plain = new List<byte>();
        AddNumber(plain, headers.Length);
        foreach ((string name, string value) in headers)
        {
            AddText(plain, name);
            AddText(plain, value);
        }

        var block = new List<byte>();
        if (!_isStarted)
            block.AddRange(StreamStart);
        _isStarted = true;
        Span<byte> stored = stackalloc byte[5]; // its kind, its length, and the complement of its length
        BinaryPrimitives.WriteUInt16LittleEndian(stored[1..], checked((ushort)plain.Count));
        BinaryPrimitives.WriteUInt16LittleEndian(stored[3..], (ushort)~plain.Count);
        block.AddRange(stored);
        block.AddRange(plain);
        block.AddRange(Flush);
        return [.. block];
    }

    private static void AddText(List<byte> bytes, string text)
    {
        byte[] encoded = Encoding.UTF8.GetBytes(text);
        AddNumber(bytes, encoded.Length);
        bytes.AddRange(encoded);
    }

    private static void AddNumber(List<byte> bytes, int number)
    {
        Span<byte> encoded = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(encoded, number);
        bytes.AddRange(encoded);
    }
}
