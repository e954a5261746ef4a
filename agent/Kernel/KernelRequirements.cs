using System.Globalization;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>Checks what the agent requires of the kernel, before anything is loaded.</summary>
internal static class KernelRequirements
{
    private static readonly Version Oldest = new(5, 10);

    private static readonly (int Bit, string Name)[] Capabilities =
        [(12, "CAP_NET_ADMIN"), (38, "CAP_PERFMON"), (39, "CAP_BPF")];

    private const int SysAdmin = 21;
    private const int NotPermitted = 1; // EPERM

    private const string UseLegacyCapabilities = "Try: kubectl depmap install --legacy-capabilities";

    /// <exception cref="BpfException">A requirement is not met; the message names it and what provides it.</exception>
    public static void Check()
    {
        CheckRelease(Environment.OSVersion.Version);
        CheckCapabilities(File.ReadAllText("/proc/self/status"));
        CheckTypes();
        CheckRingBuffer();
    }

    /// <summary>As <c>uname -r</c> prints it.</summary>
    public static string Release() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    internal static void CheckRelease(Version release)
    {
        if (release < Oldest)
        {
            throw new BpfException(
                $"kernel {release.Major}.{release.Minor} is too old: "
                + $"the node needs kernel {Oldest} or newer (BPF ring buffer, CO-RE, CAP_BPF)");
        }
    }

    /// <param name="status">Contents of /proc/self/status.</param>
    internal static void CheckCapabilities(string status)
    {
        string line = status.Split('\n').First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong effective = ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        bool Has(int bit) => (effective >> bit & 1) != 0;

        // Before 5.8, and with some container runtimes, CAP_SYS_ADMIN includes the two newer capabilities.
        string[] missing = [.. Capabilities.Where(c => !Has(c.Bit) && (c.Bit < 38 || !Has(SysAdmin))).Select(c => c.Name)];
        // NET_ADMIN is there, so the container was given capabilities, of which the runtime does not know the newer ones.
        if (missing.Length > 0 && !missing.Contains("CAP_NET_ADMIN"))
        {
            throw new BpfException(
                $"missing {string.Join(", ", missing)}: the container runtime may not know "
                + $"{(missing.Length == 1 ? "this capability" : "these capabilities")}. {UseLegacyCapabilities}");
        }

        if (missing.Length > 0)
        {
            throw new BpfException(
                $"missing {string.Join(", ", missing)}: run the agent as root, "
                + "or give its container these capabilities (securityContext.capabilities.add)");
        }
    }

    /// <summary>
    /// The error message for kernels before 5.11, which count eBPF maps as locked memory. libbpf raises the limit if permitted.
    /// </summary>
    /// <param name="limits">Contents of /proc/self/limits.</param>
    /// <returns>Null if the limit is not the cause.</returns>
    internal static string? LockedMemoryLimit(Version release, string limits)
    {
        const string name = "Max locked memory";
        string? line = limits.Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return release < new Version(5, 11) && line?[name.Length..].Trim().Split(' ')[0] is { } limit and not "unlimited"
            ? $"kernel {release.Major}.{release.Minor} counts eBPF maps as locked memory, and the limit is {limit} bytes: "
                + "give the agent CAP_SYS_RESOURCE, or remove the limit in the container runtime. "
                + UseLegacyCapabilities
            : null;
    }

    private static void CheckTypes()
    {
        if (!File.Exists("/sys/kernel/btf/vmlinux"))
        {
            throw new BpfException(
                "no /sys/kernel/btf/vmlinux: the node needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, "
                + "and /sys must be visible to the agent");
        }
    }

    private static void CheckRingBuffer()
    {
        int ring = LibBpf.MapCreate(LibBpf.MapTypeRingBuffer, "depmap_probe", 0, 0, (uint)Environment.SystemPageSize, 0);
        if (ring < 0 && Marshal.GetLastPInvokeError() == NotPermitted)
        {
            throw new BpfException(
                LockedMemoryLimit(Environment.OSVersion.Version, File.ReadAllText("/proc/self/limits"))
                ?? "bpf() is not permitted: the seccomp profile of the container runtime may require CAP_SYS_ADMIN for it. "
                    + UseLegacyCapabilities);
        }

        if (ring < 0)
        {
            throw new BpfException(
                $"no BPF ring buffer ({Marshal.GetLastPInvokeErrorMessage()}): "
                + "the node needs kernel 5.8 or newer with CONFIG_BPF_SYSCALL=y, and a container runtime that allows bpf()");
        }

        _ = LibBpf.Close(ring);
    }
}
