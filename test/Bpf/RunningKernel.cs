namespace Depmap.Bpf.Tests;

/// <summary>The kernel that these tests run on.</summary>
internal static class RunningKernel
{
    /// <summary>As test/kernels/run says: some times slower than the machine.</summary>
    public static bool IsEmulated => Environment.GetEnvironmentVariable("DEPMAP_EMULATED") is not null;

    public static bool IsAtLeast(int major, int minor) => Environment.OSVersion.Version >= new Version(major, minor);
}
