namespace Depmap.Lab.Tests;

/// <summary>An agent that cannot start says in one line what is missing and what would provide it.</summary>
public sealed class AgentStartTests
{
    /// <summary>Answers <c>bpf(BPF_MAP_CREATE)</c> of a ring buffer as a kernel without one does.</summary>
    private const string NoRingBuffer = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdarg.h>
        #include <sys/syscall.h>

        long syscall(long number, ...)
        {
        	long a[6];
        	va_list list;
        	va_start(list, number);
        	for (int i = 0; i < 6; i++)
        		a[i] = va_arg(list, long);
        	va_end(list);
        	if (number == SYS_bpf && a[0] == 0 && *(int *)a[1] == 27) {
        		errno = EINVAL;
        		return -1;
        	}
        	long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");
        	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        }
        """;

    [Theory]
    [InlineData("setpriv --bounding-set=-all --inh-caps=-all AGENT",
        "missing CAP_NET_ADMIN, CAP_PERFMON, CAP_BPF: run the agent as root, or give its container these capabilities (securityContext.capabilities.add)")]
    [InlineData("setpriv --bounding-set=-all,+net_admin,+bpf --inh-caps=-all AGENT",
        "missing CAP_PERFMON: run the agent as root, or give its container these capabilities (securityContext.capabilities.add)")]
    [InlineData("unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec AGENT'",
        "no /sys/kernel/btf/vmlinux: the node needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, and /sys visible to the agent")]
    [InlineData("setarch --uname-2.6 AGENT",
        "kernel 2.6 is too old: the node needs kernel 5.10 or newer (BPF ring buffer, CO-RE, CAP_BPF)")]
    [InlineData("LD_PRELOAD=$SHIM AGENT",
        "no BPF ring buffer (Invalid argument): the node needs kernel 5.8 or newer with CONFIG_BPF_SYSCALL=y, and a runtime that allows bpf()")]
    [InlineData("AGENT --max-connections 10", "--max-connections 10 is not from 1024 to 1048576; the nearest is 1024")]
    [InlineData("AGENT --atach tcx", "there is no option --atach; did you mean --attach?")]
    [InlineData("DEPMAP_ATTACH=txc AGENT", "DEPMAP_ATTACH=txc is not auto, tcx or clsact; the nearest is tcx")]
    [InlineData("socat TCP-LISTEN:9472,bind=127.0.0.1 - & sleep 0.3; AGENT --log-level error; code=$?; kill %1; exit $code",
        "cannot listen on 127.0.0.1:9472: the port is in use; say --listen ADDRESS:PORT with another, or none")]
    public async Task Says_what_is_missing(string command, string error)
    {
        string folder = Directory.CreateTempSubdirectory("depmap-").FullName;
        try
        {
            await File.WriteAllTextAsync($"{folder}/shim.c", NoRingBuffer);
            string script = $"""
                export SHIM={folder}/shim.so
                gcc -shared -fPIC -o $SHIM {folder}/shim.c || exit 99
                {command.Replace("AGENT", $"{Installation.Agent} --relay 127.0.0.1:9471")}
                """;
            // A network namespace of its own: should the agent start, it finds no interface.
            await File.WriteAllTextAsync($"{folder}/script", script);
            Assert.Equal(
                new Run(1, "", $"error: {error}\n"),
                await Run.ScriptAsync($"timeout 20 unshare -n bash -c 'ip link set lo up; . {folder}/script'"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
