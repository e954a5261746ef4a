using System.Buffers.Binary;

namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>Reads frames. What is not read of a frame is skipped, so that no length needs more memory.</summary>
internal sealed class FrameReader(Stream network)
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _start, _end;

    /// <summary>Bytes of the current frame's payload that are not read yet.</summary>
    public int Left { get; private set; }

    /// <summary>Reads the header of the next frame.</summary>
    /// <returns>Null if the connection ended before it.</returns>
    /// <exception cref="IOException">The connection ended within a frame.</exception>
    public async ValueTask<FrameHeader?> NextAsync(CancellationToken cancellationToken)
    {
        while (Left > 0)
            Consume(await AvailableAsync(1, cancellationToken));
        if (_start == _end && !await FillAsync(1, cancellationToken))
            return null;
        await AvailableAsync(FrameHeader.Size, cancellationToken, isPayload: false);
        FrameHeader header = FrameHeader.Read(_buffer.AsSpan(_start));
        _start += FrameHeader.Size;
        Left = header.Length;
        return header;
    }

    /// <summary>Reads a part of the payload.</summary>
    /// <returns>The number of bytes; 0 at its end.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (Left == 0)
            return 0;
        int count = Math.Min(await AvailableAsync(1, cancellationToken), into.Length);
        _buffer.AsMemory(_start, count).CopyTo(into);
        Consume(count);
        return count;
    }

    /// <summary>Reads four bytes of the payload.</summary>
    /// <exception cref="IOException">The frame is too short.</exception>
    public async ValueTask<uint> ReadNumberAsync(CancellationToken cancellationToken)
    {
        if (Left < sizeof(uint))
            throw new IOException("the API server sent an incomplete frame");
        await AvailableAsync(sizeof(uint), cancellationToken);
        uint number = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));
        Consume(sizeof(uint));
        return number;
    }

    private void Consume(int count)
    {
        _start += count;
        Left -= count;
    }

    /// <returns>The number of bytes in the buffer, of the current frame only.</returns>
    private async ValueTask<int> AvailableAsync(int atLeast, CancellationToken cancellationToken, bool isPayload = true)
    {
        if (_end - _start < atLeast && !await FillAsync(atLeast, cancellationToken))
            throw new IOException("the API server closed the port-forward within a frame");
        return isPayload ? Math.Min(_end - _start, Left) : _end - _start;
    }

    /// <returns>False if the connection ended before.</returns>
    private async ValueTask<bool> FillAsync(int atLeast, CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < atLeast)
        {
            int count = await network.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0)
                return false;
            _end += count;
        }

        return true;
    }
}
