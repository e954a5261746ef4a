namespace Depmap.Bpf.Tests;

/// <summary>The kernel that these tests run on.</summary>
internal static class RunningKernel
{
    /// <summary>Set by test/kernels/run: emulation is several times slower.</summary>
    public static bool IsEmulated => Environment.GetEnvironmentVariable("DEPMAP_EMULATED") is not null;

    /// <summary>Distributions' kernels do. Some for virtual machines are built without kprobes, and refuse programs at functions.</summary>
    public static bool TracesFunctions => File.Exists("/proc/sys/debug/kprobes-optimization");

    public static bool IsAtLeast(int major, int minor) => Environment.OSVersion.Version >= new Version(major, minor);
}
