using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Depmap.Agent.Links;

/// <summary>Writes one netlink request into memory of the caller, who gives enough for it (256 bytes hold any of ours).</summary>
internal ref struct NetlinkRequest
{
    private const ushort Nested = 0x8000;

    private readonly Span<byte> _memory;
    private int _length = NetlinkMessage.HeaderSize;

    public NetlinkRequest(Span<byte> memory, ushort type, ushort flags)
    {
        _memory = memory;
        memory.Clear();
        MemoryMarshal.Write(memory[4..], type);
        MemoryMarshal.Write(memory[6..], (ushort)(flags | Rtnetlink.Request));
    }

    public void AddHeader<T>(in T header)
        where T : unmanaged
    {
        MemoryMarshal.Write(_memory[_length..], header);
        _length += NetlinkAttributes.Align(Unsafe.SizeOf<T>());
    }

    public void Add(ushort type, uint value) => MemoryMarshal.Write(AddSpace(type, sizeof(uint)), value);

    public void Add(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(AddSpace(type, value.Length));

    public void Add(ushort type, string text) => Encoding.UTF8.GetBytes(text, AddSpace(type, Encoding.UTF8.GetByteCount(text) + 1));

    /// <summary>Opens an attribute that holds attributes; give what is returned to <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type)
    {
        int start = _length;
        AddSpace((ushort)(type | Nested), 0);
        return start;
    }

    public readonly void EndNested(int start) => MemoryMarshal.Write(_memory[start..], (ushort)(_length - start));

    /// <summary>The request as it is sent, with its number in place.</summary>
    public readonly ReadOnlySpan<byte> Finish(uint sequence)
    {
        MemoryMarshal.Write(_memory, (uint)_length);
        MemoryMarshal.Write(_memory[8..], sequence);
        return _memory[.._length];
    }

    private Span<byte> AddSpace(ushort type, int size)
    {
        Span<byte> attribute = _memory.Slice(_length, 4 + size);
        MemoryMarshal.Write(attribute, (ushort)attribute.Length);
        MemoryMarshal.Write(attribute[2..], type);
        _length += NetlinkAttributes.Align(attribute.Length);
        return attribute[4..];
    }
}
