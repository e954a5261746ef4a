using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>A memory mapping: shared with the kernel, or zeroed private memory that is allocated on first use.</summary>
internal sealed unsafe class MappedMemory : SafeHandle
{
    private readonly nuint _length;

    private MappedMemory(byte* address, nuint length)
        : base(-1, ownsHandle: true)
    {
        _length = length;
        SetHandle((nint)address);
    }

    public override bool IsInvalid => handle == -1;

    public byte* Start => (byte*)handle;

    /// <exception cref="BpfException">The kernel refused.</exception>
    public static MappedMemory OfMap(int map, nuint length, bool writable, nint offset = 0)
    {
        byte* address = LibBpf.Map(
            null, length, writable ? LibBpf.ProtectReadWrite : LibBpf.ProtectRead, LibBpf.MapShared, map, offset);
        return new MappedMemory(address, length) is { IsInvalid: false } memory
            ? memory
            : throw new BpfException($"cannot map a BPF map into memory: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <exception cref="BpfException">There is not enough memory.</exception>
    public static MappedMemory Zeroed(nuint length)
    {
        byte* address = LibBpf.Map(null, length, LibBpf.ProtectReadWrite, LibBpf.MapPrivateAnonymous, -1, 0);
        return new MappedMemory(address, length) is { IsInvalid: false } memory
            ? memory
            : throw new BpfException($"cannot allocate {length} bytes of memory: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    protected override bool ReleaseHandle() => LibBpf.Unmap((byte*)handle, _length) == 0;
}
