using Depmap.Agent.Kernel;

namespace Depmap.Bpf.Tests;

public sealed class KernelRequirementsTests
{
    private const ulong NetAdmin = 1UL << 12, SysAdmin = 1UL << 21, Perfmon = 1UL << 38, Bpf = 1UL << 39;
    private const string UnknownOne =
        ": the container runtime may not know this capability. Try: kubectl depmap install --legacy-capabilities";

    private const string UnknownBoth =
        ": the container runtime may not know these capabilities. Try: kubectl depmap install --legacy-capabilities";

    private const string Provide = ": run the agent as root, or give its container these capabilities (securityContext.capabilities.add)";

    [Theory]
    [InlineData("4.19.0")]
    [InlineData("5.4.0")]
    [InlineData("5.9.16")]
    public void An_older_kernel_is_rejected_with_the_oldest_supported_version(string release)
    {
        Version version = Version.Parse(release);
        BpfException e = Assert.Throws<BpfException>(() => KernelRequirements.CheckRelease(version));
        Assert.Equal(
            $"kernel {version.Major}.{version.Minor} is too old: the node needs kernel 5.10 or newer (BPF ring buffer, CO-RE, CAP_BPF)",
            e.Message);
    }

    [Theory]
    [InlineData("5.10.0")]
    [InlineData("5.10.226")]
    [InlineData("6.18.44")]
    [InlineData("10.0")]
    public void A_kernel_from_5_10_on_is_accepted(string release)
    {
        KernelRequirements.CheckRelease(Version.Parse(release));
    }

    [Theory]
    [InlineData("5.10.0", "65536", true)]
    [InlineData("5.10.0", "unlimited", false)]
    [InlineData("5.11.0", "65536", false)]
    public void Before_5_11_a_locked_memory_limit_is_reported_with_what_removes_it(string release, string limit, bool isCause)
    {
        string limits = "Limit                     Soft Limit           Hard Limit           Units     \n"
            + $"Max locked memory         {limit,-20} {limit,-20} bytes     \n";
        Assert.Equal(
            isCause
                ? "kernel 5.10 counts eBPF maps as locked memory, and the limit is 65536 bytes: give the agent CAP_SYS_RESOURCE, "
                    + "or remove the limit in the container runtime. Try: kubectl depmap install --legacy-capabilities"
                : null,
            KernelRequirements.LockedMemoryLimit(Version.Parse(release), limits));
    }

    [Theory]
    [InlineData(0UL, "CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF", Provide)]
    [InlineData(Perfmon | Bpf, "CAP_NET_ADMIN", Provide)]
    [InlineData(NetAdmin | Bpf, "CAP_PERFMON", UnknownOne)]
    [InlineData(NetAdmin | Perfmon, "CAP_BPF", UnknownOne)]
    [InlineData(NetAdmin, "CAP_PERFMON, CAP_BPF", UnknownBoth)]
    [InlineData(SysAdmin, "CAP_NET_ADMIN", Provide)]
    public void Each_missing_capability_is_reported(ulong effective, string missing, string advice)
    {
        BpfException e = Assert.Throws<BpfException>(() => KernelRequirements.CheckCapabilities(Status(effective)));
        Assert.Equal($"missing {missing}{advice}", e.Message);
    }

    [Theory]
    [InlineData(NetAdmin | Perfmon | Bpf)]
    [InlineData(NetAdmin | SysAdmin)]
    [InlineData(ulong.MaxValue)]
    public void These_capabilities_are_sufficient(ulong effective)
    {
        KernelRequirements.CheckCapabilities(Status(effective));
    }

    [Fact]
    public void This_machine_meets_the_requirements_for_root()
    {
        KernelRequirements.Check();
        Assert.StartsWith(Environment.OSVersion.Version.ToString(2), KernelRequirements.Release());
    }

    private static string Status(ulong effective) =>
        $"Name:\tdepmap-agent\nCapPrm:\t0000000000000000\nCapEff:\t{effective:x16}\nCapBnd:\tffffffffffffffff\n";
}
