namespace Depmap.Bpf.Tests;

/// <summary>The kernel that these tests run on.</summary>
internal static class RunningKernel
{
    public static bool IsAtLeast(int major, int minor) => Environment.OSVersion.Version >= new Version(major, minor);
}
