using System.Diagnostics;
using System.Text;
using Depmap.Agent.Kernel;
using Xunit.Abstractions;

namespace Depmap.Bpf.Tests;

public sealed class VerifierTests(ITestOutputHelper output)
{
    /// <summary>Helpers of kernel 5.10, the oldest supported one (linux/bpf.h).</summary>
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

    /// <summary>The helper of bpf/places.bpf.c (5.7).</summary>
    private const int SequencePrint = 126;
    private const ulong Call = 0x85;

    [Fact]
    public void The_programs_load_in_less_than_two_seconds()
    {
        long start = Stopwatch.GetTimestamp();
        using BpfPrograms programs = LoadedPrograms.Load(slotsPerCpu: 0);
        TimeSpan took = Stopwatch.GetElapsedTime(start);

        output.WriteLine($"loaded in {took.TotalMilliseconds:F0} ms");
        Assert.True(took < TimeSpan.FromSeconds(RunningKernel.IsEmulated ? 20 : 2), $"loading took {took}");
    }

    [Fact]
    public void Each_program_is_well_within_the_verifier_s_limit()
    {
        using BpfPrograms loaded = LoadedPrograms.Load(slotsPerCpu: 2);
        nint bpfObject = BpfObject.Open("depmap.bpf.o");
        nint request = LibBpf.FindProgram(bpfObject, "connection_requested");
        LibBpf.SetAutoload(request, loaded.Features.HasConnectionRequests);
        nint withReason = LibBpf.FindProgram(bpfObject, "packet_dropped"); // it uses an argument added in 5.17
        LibBpf.SetAutoload(withReason, RunningKernel.IsAtLeast(5, 17));
        BpfObject.Load(bpfObject);
        for (nint program = 0; (program = LibBpf.NextProgram(bpfObject, program)) != 0;)
        {
            if (program == withReason && !RunningKernel.IsAtLeast(5, 17))
                continue;
            if (program == request && !loaded.Features.HasConnectionRequests)
                continue;
            (uint processed, uint instructions) = ProgramMaps.Instructions(LibBpf.ProgramDescriptor(program));
            output.WriteLine($"{BpfObject.Name(program)}: {instructions} instructions, the verifier processed {processed}");
            Assert.InRange(processed, RunningKernel.IsAtLeast(5, 16) ? 1u : 0u, 100_000u); // of 1,000,000; reported since 5.16
        }

        LibBpf.ObjectClose(bpfObject);
    }

    [Fact]
    public void A_rejected_program_is_reported_with_the_last_lines_of_the_verifier_s_log()
    {
        nint bpfObject = BpfObject.Open("refused.bpf.o", typeof(VerifierTests).Assembly);
        BpfException rejected = Assert.Throws<BpfException>(() => BpfObject.Load(bpfObject));
        LibBpf.ObjectClose(bpfObject);

        Assert.Equal(
            $"kernel {KernelRequirements.Release()} rejected the eBPF program reads_beyond_the_packet: Permission denied. "
            + "Try: --log-level debug, and report the output at https://github.com/depmap/depmap/issues",
rejected.Message);
        Assert.Contains(rejected.Log, line => line.Contains("invalid access to packet"));
        Assert.InRange(rejected.Log.Count, 2, 40);
    }

    [Fact]
    public void The_programs_use_only_helpers_of_the_oldest_kernel()
    {
        Assert.Equal(HelpersAllowed.Keys, HelpersOf(ObjectFile.Embedded()));
    }

    [Fact]
    public void The_program_that_resolves_places_uses_a_helper_of_5_7()
    {
        Assert.Equal([SequencePrint], HelpersOf(ObjectFile.Embedded("places.bpf.o")));
    }

    [Fact]
    public void The_object_has_a_license_that_the_kernel_accepts()
    {
        Assert.Equal("GPL\0", Encoding.ASCII.GetString(ObjectFile.Embedded().Section("license")));
    }

    [Fact]
    public void The_object_has_no_debug_sections()
    {
        Assert.InRange(ReadObject().Length, 1, 150_000);
    }

    private static int[] HelpersOf(ObjectFile file) =>
    [
        .. file.Instructions()
            .Where(instruction => (instruction & 0xf0ff) == Call) // src_reg 0: a helper, not a function of the object
            .Select(instruction => (int)(instruction >> 32))
            .Distinct()
            .Order(),
    ];

    private static byte[] ReadObject()
    {
        using Stream stream = typeof(BpfPrograms).Assembly.GetManifestResourceStream("depmap.bpf.o")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
