using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Support;

/// <summary>A network namespace for one test. Disposing it removes it and its interfaces.</summary>
public sealed class NetworkNamespace : IDisposable
{
    private const int CloneNewNet = 0x40000000; // CLONE_NEWNET

    public NetworkNamespace()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new InvalidOperationException("These tests create network namespaces and load BPF programs: run them as root.");
        Command($"netns add {Name}");
        Ip("link set lo up");
        // No duplicate address detection: an IPv6 address is usable at once, in interfaces to come as well.
        Set("net.ipv6.conf.all.accept_dad", "0");
        Set("net.ipv6.conf.default.accept_dad", "0");
    }

    public string Name { get; } = $"dmt-{Guid.NewGuid():N}"[..12];

    public void Dispose() => Command($"netns del {Name}");

    /// <summary>Runs <c>ip</c> in this namespace.</summary>
    public string Ip(string arguments) => Command($"-n {Name} {arguments}");

    /// <summary>Runs several <c>ip</c> commands in this namespace, in one process.</summary>
    public void Batch(params IEnumerable<string> commands) => Command($"-n {Name} -batch -", Lines(commands));

    /// <summary>Runs <c>tc</c> in this namespace.</summary>
    public string Tc(string arguments) => Command($"netns exec {Name} tc {arguments}");

    /// <summary>Runs several <c>tc</c> commands in this namespace, in one process and thus in quick succession.</summary>
    public void TcBatch(params IEnumerable<string> commands) => Command($"netns exec {Name} tc -batch -", Lines(commands));

    /// <summary>Loads nftables rules in this namespace.</summary>
    public void Nft(string rules) => Command($"netns exec {Name} nft -f -", rules);

    /// <summary>Drops matching packets from now on, with nftables.</summary>
    /// <param name="hook">input, forward or output.</param>
    public void Drop(string hook, string match, string family = "ip") => Nft($$"""
        add table {{family}} drops
        add chain {{family}} drops {{hook}} { type filter hook {{hook}} priority filter; }
        add rule {{family}} drops {{hook}} {{match}} drop
        """);

    /// <summary>Sets a sysctl under <c>net.</c></summary>
    public void Set(string key, string value) => Run(() => File.WriteAllText($"/proc/sys/{key.Replace('.', '/')}", value));

    /// <summary>Creates a veth pair: one end in this namespace, the other in <paramref name="pod"/>, as a CNI plugin does.</summary>
    /// <returns>The index of the end in this namespace.</returns>
    public int AddVeth(string name, NetworkNamespace pod, string options = "", string peer = "eth0")
    {
        Ip($"link add {name} {options} type veth peer name {peer} netns {pod.Name}");
        return IndexOf(name);
    }

    /// <summary>
    /// Connects this namespace to <paramref name="pod"/> by a veth pair, called <paramref name="name"/> here and eth0 there.
    /// Each end has an address in one /24, ending in 1 here and in 2 there; the pod's default route leads here.
    /// </summary>
    /// <returns>The index of the end in this namespace.</returns>
    public int Connect(NetworkNamespace pod, string name, string network, int mtu = 1500)
    {
        Batch(
            $"link add {name} mtu {mtu} type veth peer name eth0 mtu {mtu} netns {pod.Name}",
            $"addr add {network}.1/24 dev {name}",
            $"link set {name} up");
        pod.Batch($"addr add {network}.2/24 dev eth0", "link set eth0 up", $"route add default via {network}.1");
        return IndexOf(name);
    }

    /// <summary>The index of an interface of this namespace.</summary>
    public int IndexOf(string name) => Run(() => InterfaceIndex(name)) is var index and not 0
        ? (int)index
        : throw new InvalidOperationException($"there is no interface {name} in {Name}");

    /// <summary>Runs on a thread in this namespace. Threads and sockets created there stay in it.</summary>
    public T Run<T>(Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle file = File.OpenHandle($"/run/netns/{Name}");
                if (SetNamespace(file, CloneNewNet) < 0)
                    throw new Win32Exception();
                result = action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <inheritdoc cref="Run{T}(Func{T})"/>
    public void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    private static string Lines(IEnumerable<string> commands) => string.Join('\n', commands) + "\n";

    private static string Command(string arguments, string input = "")
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("cannot start ip: install iproute2");
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"ip {arguments}: exit {process.ExitCode}: {error.Result.Trim()}");
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNamespace(SafeFileHandle file, int kind);

    [DllImport("libc", EntryPoint = "if_nametoindex", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern uint InterfaceIndex(string name);
}
