using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Depmap.Agent.Links;

/// <summary>Builds a netlink request in the caller's buffer, which must be large enough (256 bytes hold any of ours).</summary>
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

    public void Add(ushort type, uint value) => MemoryMarshal.Write(AddAttribute(type, sizeof(uint)), value);

    public void Add(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(AddAttribute(type, value.Length));

    public void Add(ushort type, string text) => Encoding.UTF8.GetBytes(text, AddAttribute(type, Encoding.UTF8.GetByteCount(text) + 1));

    /// <summary>Starts a nested attribute; pass the result to <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type)
    {
        int start = _length;
        AddAttribute((ushort)(type | Nested), 0);
        return start;
    }

    public readonly void EndNested(int start) => MemoryMarshal.Write(_memory[start..], (ushort)(_length - start));

    /// <summary>Returns the request with its sequence number.</summary>
    public readonly ReadOnlySpan<byte> Finish(uint sequence)
    {
        MemoryMarshal.Write(_memory, (uint)_length);
        MemoryMarshal.Write(_memory[8..], sequence);
        return _memory[.._length];
    }

    private Span<byte> AddAttribute(ushort type, int size)
    {
        Span<byte> attribute = _memory.Slice(_length, 4 + size);
        MemoryMarshal.Write(attribute, (ushort)attribute.Length);
        MemoryMarshal.Write(attribute[2..], type);
        _length += NetlinkAttributes.Align(attribute.Length);
        return attribute[4..];
    }
}
