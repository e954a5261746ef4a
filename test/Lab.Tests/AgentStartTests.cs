namespace Depmap.Lab.Tests;

/// <summary>An agent that cannot start prints one error: what is missing, and how to provide it.</summary>
public sealed class AgentStartTests
{
    [Theory]
    [InlineData("setpriv --bounding-set=-all --inh-caps=-all AGENT",
        "missing CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF: "
        + "run the agent as root, or give its container these capabilities (securityContext.capabilities.add)")]
    [InlineData("setpriv --bounding-set=-all,+net_admin,+bpf --inh-caps=-all AGENT",
        "missing CAP_PERFMON: the container runtime may not know this capability. Try: kubectl depmap install --legacy-capabilities")]
    [InlineData("setpriv --bounding-set=-all,+net_admin --inh-caps=-all AGENT",
        "missing CAP_PERFMON, CAP_BPF: the container runtime may not know these capabilities. "
        + "Try: kubectl depmap install --legacy-capabilities")]
    [InlineData("unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec AGENT'",
        "no /sys/kernel/btf/vmlinux: the node needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, and /sys must be visible to the agent")]
    [InlineData("setarch --uname-2.6 AGENT",
        "kernel 2.6 is too old: the node needs kernel 5.10 or newer (BPF ring buffer, CO-RE, CAP_BPF)")]
    [InlineData("$REFUSE all AGENT",
        "bpf() is not permitted: the seccomp profile of the container runtime may require CAP_SYS_ADMIN for it. "
        + "Try: kubectl depmap install --legacy-capabilities")]
    [InlineData("$REFUSE ring-buffers AGENT",
        "no BPF ring buffer (Invalid argument): "
        + "the node needs kernel 5.8 or newer with CONFIG_BPF_SYSCALL=y, and a container runtime that allows bpf()")]
    [InlineData("$REFUSE programs AGENT",
        "kernel KERNEL rejected the eBPF program from_pod: Permission denied. "
        + "Try: --log-level debug, and report the output at https://github.com/depmap/depmap/issues")]
    [InlineData("AGENT --max-connections 10", "invalid value \"10\" for --max-connections: use a number from 1024 to 1048576")]
    [InlineData("AGENT --atach tcx", "unknown flag --atach, did you mean --attach?")]
    [InlineData("DEPMAP_ATTACH=txc AGENT", "invalid value \"txc\" for DEPMAP_ATTACH: use auto, tcx or clsact, did you mean tcx?")]
    [InlineData("socat TCP-LISTEN:9472,bind=127.0.0.1 - & until ss -Hltn | grep -q :9472; do sleep 0.05; done; "
        + "AGENT --log-level error; code=$?; kill %1; exit $code",
        "cannot listen on 127.0.0.1:9472: the port is in use. Try: --listen with another ADDRESS:PORT, or none")]
    public async Task The_error_says_what_is_missing(string command, string error)
    {
        Assert.Equal(new Run(1, "", $"error: {error.Replace("KERNEL", KernelRelease)}\n"), await StartAsync(command));
    }

    [Fact]
    public async Task A_rejected_program_is_explained_by_the_last_lines_of_the_verifier_log()
    {
        Run run = await StartAsync("$REFUSE programs AGENT --log-level debug");
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("debug kernel: verifier: 0: (61) r1 = *(u32 *)(r1 +76)", lines[0]);
        Assert.EndsWith("debug kernel: verifier: R1 offset is outside of the packet", lines[1]);
        Assert.StartsWith($"error: kernel {KernelRelease} rejected the eBPF program from_pod", lines[2]);
        Assert.Equal((1, 3), (run.ExitCode, lines.Length));
    }

    private static string KernelRelease => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    private static async Task<Run> StartAsync(string command)
    {
        string folder = Directory.CreateTempSubdirectory("depmap-").FullName;
        try
        {
            string script = $"""
                REFUSE={folder}/refuse_bpf
                gcc -Wall -Werror -o $REFUSE {Installation.File("test/Lab.Tests/refuse_bpf.c")} || exit 99
                {command.Replace("AGENT", $"{Installation.Agent} --relay 127.0.0.1:9471")}
                """;
            // In a network namespace of its own: if the agent starts after all, it finds no interfaces.
            await File.WriteAllTextAsync($"{folder}/script", script);
            return await Run.ScriptAsync($"timeout 20 unshare -n bash -c 'ip link set lo up; . {folder}/script'");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
