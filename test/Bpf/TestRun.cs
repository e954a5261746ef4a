using System.Runtime.InteropServices;

namespace Depmap.Bpf.Tests;

/// <summary>Runs a loaded program on frames with BPF_PROG_TEST_RUN, in one fixed buffer.</summary>
internal sealed unsafe class TestRun : IDisposable
{
    /// <summary>Kernel 6.18 accepts at most what fits in a page with the rest of the skb.</summary>
    public const int MaxFrameLength = 3400;

    private readonly byte* _frameIn = (byte*)NativeMemory.AllocZeroed(MaxFrameLength);
    private readonly byte* _frameOut = (byte*)NativeMemory.AllocZeroed(MaxFrameLength);

    /// <summary>Fields of the frame's skb.</summary>
    /// <param name="Interface">0 for the loopback device.</param>
    /// <param name="Segments">gso_segs: into how many packets the device segments it.</param>
    public readonly record struct Context(int Interface = 0, int Segments = 0);

    /// <param name="Verdict">The program's return value.</param>
    /// <param name="Nanoseconds">The mean time of one run.</param>
    public readonly record struct Result(int Verdict, uint Nanoseconds);

    public ReadOnlySpan<byte> FrameOut(int length) => new(_frameOut, length);

    public Result Run(int program, ReadOnlySpan<byte> frame, Context context = default, int repeat = 1)
    {
        bool taken = TryRun(program, frame, context, repeat, out Result result);
        KernelCalls.Check(taken ? 0 : -1, "BPF_PROG_TEST_RUN");
        return result;
    }

    /// <returns>False if the kernel rejects the frame: it checks the length of an IP header itself (6.18).</returns>
    public bool TryRun(int program, ReadOnlySpan<byte> frame, Context context, int repeat, out Result result)
    {
        frame.CopyTo(new Span<byte>(_frameIn, MaxFrameLength));
        SocketBuffer buffer = new()
        {
            Interface = (uint)context.Interface,
            Segments = (uint)context.Segments,
            SegmentSize = context.Segments > 0 ? 1448u : 0,
        };
        Attributes attributes = new()
        {
            Program = (uint)program,
            FrameSizeIn = (uint)frame.Length,
            FrameSizeOut = MaxFrameLength,
            FrameIn = _frameIn,
            FrameOut = _frameOut,
            Repeat = (uint)repeat,
            ContextSizeIn = (uint)sizeof(SocketBuffer),
            ContextIn = &buffer,
        };
        bool taken = KernelCalls.Bpf(KernelCalls.Command.ProgramTestRun, &attributes, sizeof(Attributes)) == 0;
        result = new Result((int)attributes.Verdict, attributes.Duration);
        return taken;
    }

    public void Dispose()
    {
        NativeMemory.Free(_frameIn);
        NativeMemory.Free(_frameOut);
    }

    /// <summary>union bpf_attr, its part for BPF_PROG_TEST_RUN (linux/bpf.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public uint Program;
        public uint Verdict;
        public uint FrameSizeIn;
        public uint FrameSizeOut;
        public byte* FrameIn;
        public byte* FrameOut;
        public uint Repeat;
        public uint Duration;
        public uint ContextSizeIn;
        public uint ContextSizeOut;
        public SocketBuffer* ContextIn;
        public void* ContextOut;
    }

    /// <summary>struct __sk_buff; tests may set a few fields, all others must be 0.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct SocketBuffer
    {
        [FieldOffset(40)]
        public uint Interface;

        [FieldOffset(164)]
        public uint Segments;

        [FieldOffset(176)]
        public uint SegmentSize;
    }
}
