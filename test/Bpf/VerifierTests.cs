using System.Diagnostics;
using System.Text;
using Depmap.Agent.Kernel;
using Xunit.Abstractions;

namespace Depmap.Bpf.Tests;

public sealed class VerifierTests(ITestOutputHelper output)
{
    /// <summary>All of them are in kernel 5.10, the oldest aimed at (linux/bpf.h).</summary>
    private static readonly Dictionary<int, string> HelpersAllowed = new()
    {
        [1] = "map_lookup_elem",
        [2] = "map_update_elem",
        [5] = "ktime_get_ns",
        [8] = "get_smp_processor_id",
        [26] = "skb_load_bytes",
        [113] = "probe_read_kernel",
        [115] = "probe_read_kernel_str",
        [118] = "jiffies64",
        [131] = "ringbuf_reserve",
        [132] = "ringbuf_submit",
        [133] = "ringbuf_discard",
    };

    [Fact]
    public void They_load_in_less_than_two_seconds_and_far_within_the_verifiers_limit()
    {
        long start = Stopwatch.GetTimestamp();
        using BpfPrograms programs = LoadedPrograms.Load(slotsPerCpu: 0);
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        output.WriteLine($"loaded in {took.TotalMilliseconds:F0} ms");
        Assert.True(took < TimeSpan.FromSeconds(2), $"loading took {took}");
        foreach ((string name, int program) in new[] { ("from_pod", programs.FromPod), ("to_pod", programs.ToPod) })
        {
            (uint walked, uint instructions) = ProgramMaps.Instructions(program);
            output.WriteLine($"{name}: {instructions} instructions, the verifier walked {walked}");
            Assert.InRange(walked, 1u, 100_000u); // of 1,000,000 in all kernels; older ones prune less
        }
    }

    [Fact]
    public unsafe void Each_program_loads_the_one_for_kernels_without_reasons_too()
    {
        byte[] bytes = ReadObject();
        fixed (byte* start = bytes)
        {
            nint bpfObject = LibBpf.ObjectOpen(start, (nuint)bytes.Length, 0);
            Assert.NotEqual(0, bpfObject);
            Assert.Equal(0, LibBpf.ObjectLoad(bpfObject));
            foreach (string name in new[] { "from_pod", "to_pod", "packet_dropped", "packet_dropped_unexplained", "socket_changed" })
            {
                int program = LibBpf.ProgramDescriptor(LibBpf.FindProgram(bpfObject, name));
                Assert.True(program >= 0, $"{name} is not loaded");
                output.WriteLine($"{name}: {ProgramMaps.Instructions(program)}");
            }

            LibBpf.ObjectClose(bpfObject);
        }
    }

    [Fact]
    public void They_call_no_helper_that_the_oldest_kernel_lacks()
    {
        const ulong call = 0x85;
        int[] helpers = [.. ObjectFile.Embedded().Instructions()
            .Where(instruction => (instruction & 0xf0ff) == call) // src_reg 0: a helper, not a function of the object
            .Select(instruction => (int)(instruction >> 32))
            .Distinct()
            .Order()];

        Assert.Equal(HelpersAllowed.Keys, helpers);
    }

    [Fact]
    public void They_carry_a_license_that_the_kernel_accepts()
    {
        Assert.Equal("GPL\0", Encoding.ASCII.GetString(ObjectFile.Embedded().Section("license")));
    }

    [Fact]
    public void The_object_carries_no_debug_sections()
    {
        Assert.InRange(ReadObject().Length, 1, 150_000);
    }

    private static byte[] ReadObject()
    {
        using Stream stream = typeof(BpfPrograms).Assembly.GetManifestResourceStream("depmap.bpf.o")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
