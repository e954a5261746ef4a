using System.ComponentModel;
using System.Runtime.InteropServices;
using Depmap.Agent.Links;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Tests.Links;

/// <summary>A tc program of six instructions that counts packets; needs no compiler.</summary>
internal sealed class CountingProgram : IDisposable
{
    public const int Next = -1; // TC_ACT_UNSPEC
    public const int Accept = 0; // TC_ACT_OK: no later filter sees the packet

    private readonly SafeFileHandle _counter;
    private readonly SafeFileHandle _program;

    /// <param name="verdict">The return value for each packet.</param>
    public CountingProgram(int verdict = Next)
    {
        _counter = new SafeFileHandle(Bpf(0, [2, 4, 8, 1]), ownsHandle: true); // BPF_MAP_CREATE of one 8-byte element
        ulong[] instructions =
        [
            Instruction(0x18, destination: 1, source: 2, immediate: (int)_counter.DangerousGetHandle()), // r1 = &map[0]
            Instruction(0),
            Instruction(0xb7, destination: 2, immediate: 1),     // r2 = 1
            Instruction(0xdb, destination: 1, source: 2),        // lock *(u64 *)r1 += r2
            Instruction(0xb7, immediate: verdict),               // r0 = verdict
            Instruction(0x95),                                   // exit
        ];
        _program = new SafeFileHandle(
            Pin(instructions, code => Pin("GPL\0"u8.ToArray(), license =>
                Bpf(5, [3, (uint)instructions.Length, (uint)code, (uint)(code >> 32), (uint)license, (uint)(license >> 32)]))),
            ownsHandle: true);
    }

    public int Descriptor => (int)_program.DangerousGetHandle();

    /// <summary>Number of packets seen.</summary>
    public long Count
    {
        get
        {
            long[] value = new long[1];
            Pin(new int[1], key => Pin(value, result => Bpf(1,
                [(uint)_counter.DangerousGetHandle(), 0, (uint)key, (uint)(key >> 32), (uint)result, (uint)(result >> 32)])));
            return value[0];
        }
    }

    /// <summary>IDs of the programs attached by tcx, in the order in which they run; those of ingress first.</summary>
    public static uint[] AttachedByTcx(NetworkNamespace node, int index) => node.Run(() =>
        AttachedByTcx(index, TcxLink.Ingress).Concat(AttachedByTcx(index, TcxLink.Egress)).ToArray());

    /// <summary>The kernel's ID of this program.</summary>
    public uint Id
    {
        get
        {
            uint[] info = new uint[64];
            Pin(info, result => Bpf(15, [(uint)Descriptor, (uint)info.Length * 4, (uint)result, (uint)(result >> 32)]));
            return info[1];
        }
    }

    public void Dispose()
    {
        _program.Dispose();
        _counter.Dispose();
    }

    private static uint[] AttachedByTcx(int index, uint direction)
    {
        uint[] numbers = new uint[16];
        uint[] query = [(uint)index, direction, 0, 0, 0, 0, (uint)numbers.Length, 0];
        Pin(numbers, result =>
        {
            (query[4], query[5]) = ((uint)result, (uint)(result >> 32));
            return Bpf(16, query); // BPF_PROG_QUERY
        });
        return numbers[..(int)query[6]];
    }

    private static ulong Instruction(byte code, int destination = 0, int source = 0, int immediate = 0) =>
        code | ((ulong)(uint)(destination | (source << 4)) << 8) | ((ulong)(uint)immediate << 32);

    private static nint Bpf(int command, uint[] attributes)
    {
        uint[] all = new uint[32];
        attributes.CopyTo(all, 0);
        nint result = LibC.Bpf(command, all);
        if (result < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"bpf({command}) failed: it needs root and a kernel with BPF");
        Array.Copy(all, attributes, attributes.Length);
        return result;
    }

    private static nint Pin(Array memory, Func<ulong, nint> action)
    {
        var handle = GCHandle.Alloc(memory, GCHandleType.Pinned);
        try
        {
            return action((ulong)handle.AddrOfPinnedObject());
        }
        finally
        {
            handle.Free();
        }
    }
}
