namespace Depmap.Relay.History;

/// <summary>Writes integers with seven bits per byte, the lowest first.</summary>
internal sealed class VarintWriter
{
    private byte[] _bytes = new byte[1024];
    private int _length;

    public void Write(ulong value)
    {
        const int longest = 10;
        if (_bytes.Length - _length < longest)
            Array.Resize(ref _bytes, _bytes.Length * 2);
        for (; value >= 0x80; value >>= 7)
            _bytes[_length++] = (byte)(value | 0x80);
        _bytes[_length++] = (byte)value;
    }

    /// <summary>Zigzag-coded: small negative numbers are short too.</summary>
    public void WriteSigned(long value) => Write((ulong)((value << 1) ^ (value >> 63)));

    public byte[] ToArray() => _bytes[.._length];
}
