using System.Runtime.InteropServices;

namespace Depmap.Bpf.Tests;

/// <summary>Gives frames to a loaded program by BPF_PROG_TEST_RUN, through one buffer that stays where it is.</summary>
internal sealed unsafe class TestRun : IDisposable
{
    /// <summary>Kernel 6.18 takes no more than what fits in a page beside the rest of the skb.</summary>
    public const int LongestFrame = 3400;

    private readonly byte* _frameIn = (byte*)NativeMemory.AllocZeroed(LongestFrame);
    private readonly byte* _frameOut = (byte*)NativeMemory.AllocZeroed(LongestFrame);

    /// <summary>What a frame's skb says of itself, beside its bytes.</summary>
    /// <param name="Interface">0: the loopback device.</param>
    /// <param name="Segments">gso_segs: into how many packets the device will cut it.</param>
    public readonly record struct Context(int Interface = 0, int Segments = 0);

    /// <param name="Verdict">What the program returned.</param>
    /// <param name="Nanoseconds">Of one run, the mean of all.</param>
    public readonly record struct Result(int Verdict, uint Nanoseconds);

    public ReadOnlySpan<byte> FrameOut(int length) => new(_frameOut, length);

    public Result Run(int program, ReadOnlySpan<byte> frame, Context context = default, int repeat = 1)
    {
        bool taken = TryRun(program, frame, context, repeat, out Result result);
        KernelCalls.Check(taken ? 0 : -1, "BPF_PROG_TEST_RUN");
        return result;
    }

    /// <returns>False where the kernel does not take such a frame: it checks the length of an IP header itself (6.18).</returns>
    public bool TryRun(int program, ReadOnlySpan<byte> frame, Context context, int repeat, out Result result)
    {
        frame.CopyTo(new Span<byte>(_frameIn, LongestFrame));
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
            FrameSizeOut = LongestFrame,
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

    /// <summary>struct __sk_buff, of which a test may set a few fields; all others must be 0.</summary>
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
