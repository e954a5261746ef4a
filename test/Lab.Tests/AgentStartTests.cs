namespace Depmap.Lab.Tests;

/// <summary>An agent that cannot start prints one error: what is missing, and how to provide it.</summary>
public sealed class AgentStartTests
{
    /// <summary>
    /// A library for LD_PRELOAD that fails <c>bpf(BPF_MAP_CREATE)</c> of a ring buffer as a kernel without ring buffers does or,
    /// if REFUSE is set, <c>bpf(BPF_PROG_LOAD)</c> of a tc program as a verifier does that rejects it.
    /// </summary>
    private const string Refusals = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdarg.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/syscall.h>

        long syscall(long number, ...)
        {
        	long a[6];
        	va_list list;
        	va_start(list, number);
        	for (int i = 0; i < 6; i++)
        		a[i] = va_arg(list, long);
        	va_end(list);
        	if (number == SYS_bpf && a[0] == 0 && *(int *)a[1] == 27 && !getenv("REFUSE")) {
        		errno = EINVAL;
        		return -1;
        	}
        	if (number == SYS_bpf && a[0] == 5 && *(int *)a[1] == 3 && getenv("REFUSE")) {
        		if (((int *)a[1])[6]) /* log_level */
        			strcpy(*(char **)(a[1] + 32), "0: (61) r1 = *(u32 *)(r1 +76)\nR1 offset is outside of the packet\n");
        		errno = EACCES;
        		return -1;
        	}
        	long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");
        	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        }
        """;

    [Theory]
    [InlineData("setpriv --bounding-set=-all --inh-caps=-all AGENT",
        "missing CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF: "
        + "run the agent as root, or give its container these capabilities (securityContext.capabilities.add)")]
    [InlineData("setpriv --bounding-set=-all,+net_admin,+bpf --inh-caps=-all AGENT",
        "missing CAP_PERFMON: run the agent as root, or give its container these capabilities (securityContext.capabilities.add)")]
    [InlineData("unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec AGENT'",
        "no /sys/kernel/btf/vmlinux: the node needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, and /sys visible to the agent")]
    [InlineData("setarch --uname-2.6 AGENT",
        "kernel 2.6 is too old: the node needs kernel 5.10 or newer (BPF ring buffer, CO-RE, CAP_BPF)")]
    [InlineData("LD_PRELOAD=$SHIM AGENT",
        "no BPF ring buffer (Invalid argument): "
        + "the node needs kernel 5.8 or newer with CONFIG_BPF_SYSCALL=y, and a runtime that allows bpf()")]
    [InlineData("REFUSE=1 LD_PRELOAD=$SHIM AGENT",
        "kernel KERNEL refused the eBPF program from_pod: Permission denied. "
        + "Try: --log-level debug, and report the output at https://github.com/depmap/depmap/issues")]
    [InlineData("AGENT --max-connections 10", "--max-connections 10 is not from 1024 to 1048576; the nearest is 1024")]
    [InlineData("AGENT --atach tcx", "there is no option --atach; did you mean --attach?")]
    [InlineData("DEPMAP_ATTACH=txc AGENT", "DEPMAP_ATTACH=txc is not auto, tcx or clsact; the nearest is tcx")]
    [InlineData("socat TCP-LISTEN:9472,bind=127.0.0.1 - & until ss -Hltn | grep -q :9472; do sleep 0.05; done; "
        + "AGENT --log-level error; code=$?; kill %1; exit $code",
        "cannot listen on 127.0.0.1:9472: the port is in use; say --listen ADDRESS:PORT with another, or none")]
    public async Task The_error_says_what_is_missing(string command, string error)
    {
        Assert.Equal(new Run(1, "", $"error: {error.Replace("KERNEL", KernelRelease)}\n"), await StartAsync(command));
    }

    [Fact]
    public async Task A_rejected_program_is_explained_by_the_last_lines_of_the_verifier_log()
    {
        Run run = await StartAsync("REFUSE=1 LD_PRELOAD=$SHIM AGENT --log-level debug");
        string[] lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("debug kernel: verifier: 0: (61) r1 = *(u32 *)(r1 +76)", lines[0]);
        Assert.EndsWith("debug kernel: verifier: R1 offset is outside of the packet", lines[1]);
        Assert.StartsWith($"error: kernel {KernelRelease} refused the eBPF program from_pod", lines[2]);
        Assert.Equal((1, 3), (run.ExitCode, lines.Length));
    }

    private static string KernelRelease => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    private static async Task<Run> StartAsync(string command)
    {
        string folder = Directory.CreateTempSubdirectory("depmap-").FullName;
        try
        {
            await File.WriteAllTextAsync($"{folder}/shim.c", Refusals);
            string script = $"""
                export SHIM={folder}/shim.so
                gcc -shared -fPIC -o $SHIM {folder}/shim.c || exit 99
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
