using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Links;

/// <summary>
/// A tcx link: one program in one direction of an interface. Created with bpf(2), because libbpf 1.1 has no function for it.
/// Disposing it detaches the program; so does the end of the process.
/// </summary>
internal sealed class TcxLink : IDisposable
{
    public const uint Ingress = 46; // BPF_TCX_INGRESS
    public const uint Egress = 47;  // BPF_TCX_EGRESS

    private const int LinkCreate = 28;
    private const int LinkDetach = 34;
    private const int ObjectInfoByDescriptor = 15;
    private const uint Before = 1 << 3; // BPF_F_BEFORE without another program: first of all
    private const int AttributeWords = 16;

    private readonly SafeFileHandle _link;

    private TcxLink(SafeFileHandle link) => _link = link;

    /// <summary>False once the interface is removed, even if its index is reused.</summary>
    public unsafe bool IsAttached
    {
        get
        {
            uint* info = stackalloc uint[AttributeWords];
            Span<uint> attributes = stackalloc uint[AttributeWords];
            attributes[0] = (uint)_link.DangerousGetHandle();
            attributes[1] = AttributeWords * sizeof(uint);
            MemoryMarshal.Write(MemoryMarshal.AsBytes(attributes[2..]), (ulong)info);
            // struct bpf_link_info: type, id, prog_id, padding, tcx.ifindex
            return LibC.Bpf(ObjectInfoByDescriptor, attributes) == 0 && info[4] != 0;
        }
    }

    /// <param name="program">A loaded program of type SCHED_CLS.</param>
    /// <param name="index">The interface, in the calling thread's network namespace.</param>
    /// <param name="direction"><see cref="Ingress"/> or <see cref="Egress"/>.</param>
    /// <param name="error">An errno: EINVAL if the kernel has no tcx, ENODEV if there is no such interface.</param>
    /// <returns>Null if the kernel refused.</returns>
    public static TcxLink? TryCreate(int program, int index, uint direction, out int error)
    {
        Span<uint> attributes = stackalloc uint[AttributeWords];
        attributes[0] = (uint)program;
        attributes[1] = (uint)index;
        attributes[2] = direction;
        attributes[3] = Before;
        nint descriptor = LibC.Bpf(LinkCreate, attributes);
        error = descriptor < 0 ? LibC.LastError : 0;
        return descriptor < 0 ? null : new TcxLink(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    /// <summary>
    /// Detaches before it returns. Closing the descriptor is not enough while a child process between fork and exec has a copy.
    /// </summary>
    public void Dispose()
    {
        if (_link.IsClosed)
            return;
        Span<uint> attributes = stackalloc uint[AttributeWords];
        attributes[0] = (uint)_link.DangerousGetHandle();
        _ = LibC.Bpf(LinkDetach, attributes);
        _link.Dispose();
    }
}
