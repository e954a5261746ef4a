using System.Runtime.InteropServices;
using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>
/// Reads the programs' ring buffer in place. The layout is the kernel's (Documentation/bpf/ringbuf.rst): a page with the
/// consumer position, a page with the producer position, then the data, mapped twice in a row so that a record that wraps
/// is contiguous.
/// </summary>
internal sealed unsafe class RecordRing : IDisposable
{
    private const uint Busy = 1u << 31;
    private const uint Discarded = 1u << 30;
    private const int HeaderSize = 8;

    private readonly MappedMemory _reader;
    private readonly MappedMemory _writer;
    private readonly ulong _mask;

    /// <param name="map">Descriptor of the ring buffer; owned by the caller.</param>
    /// <param name="size">Size in bytes (max_entries), a power of two.</param>
    public RecordRing(int map, int size)
    {
        nint page = Environment.SystemPageSize;
        _reader = MappedMemory.OfMap(map, (nuint)page, writable: true);
        _writer = MappedMemory.OfMap(map, (nuint)(page + (2 * (nint)size)), writable: false, page);
        _mask = (ulong)size - 1;
    }

    public delegate void Handler(ReadOnlySpan<byte> record);

    /// <summary>
    /// Whether the last <see cref="Drain"/> reached the position at which the programs were when it began. A record that is
    /// still being written, on a CPU that is paused, blocks those behind it.
    /// </summary>
    public bool ReachedEnd { get; private set; }

    /// <summary>Passes each complete record to <paramref name="handle"/>, which must not keep it, and frees its space.</summary>
    /// <returns>Number of records.</returns>
    public int Drain(Handler handle)
    {
        byte* data = _writer.Start + Environment.SystemPageSize;
        ulong position = Volatile.Read(ref *(ulong*)_reader.Start);
        ulong end = Volatile.Read(ref *(ulong*)_writer.Start);
        int count = 0;
        while (position < end)
        {
            byte* header = data + (position & _mask);
            uint length = Volatile.Read(ref *(uint*)header);
            if ((length & Busy) != 0)
                break;
            int size = (int)(length & ~Discarded);
            if ((length & Discarded) == 0)
            {
                handle(new ReadOnlySpan<byte>(header + HeaderSize, size));
                count++;
            }

            position += (ulong)((HeaderSize + size + 7) & ~7);
            Volatile.Write(ref *(ulong*)_reader.Start, position);
        }

        ReachedEnd = position >= end;
        return count;
    }

    public static RecordKind KindOf(ReadOnlySpan<byte> record) => MemoryMarshal.Read<RecordKind>(record);

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }
}
