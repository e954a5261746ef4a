using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Depmap.Agent.Links;
using Microsoft.Win32.SafeHandles;

namespace Depmap.Agent.Tests;

/// <summary>A network namespace of a test's own, with its interfaces; all is gone when disposed.</summary>
internal sealed class LinksNamespace : IDisposable
{
    private const int NetworkNamespaces = 0x40000000; // CLONE_NEWNET

    public LinksNamespace()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new InvalidOperationException("These tests make network namespaces and load BPF programs: run them as root.");
        Command($"netns add {Name}");
        Ip("link set lo up");
    }

    public string Name { get; } = $"dmt-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>Runs <c>ip</c> in this namespace.</summary>
    public string Ip(string arguments) => Command($"-n {Name} {arguments}");

    /// <summary>Runs <c>tc</c> in this namespace.</summary>
    public string Tc(string arguments) => Command($"netns exec {Name} tc {arguments}");

    /// <summary>Runs several <c>tc</c> commands in this namespace by one process: hardly a moment apart.</summary>
    public void TcBatch(params string[] commands) => Command($"netns exec {Name} tc -batch -", string.Join('\n', commands) + "\n");

    /// <summary>Loads nftables rules in this namespace.</summary>
    public void Nft(string rules) => Command($"netns exec {Name} nft -f -", rules);

    /// <summary>Runs several <c>ip</c> commands in this namespace, as one process.</summary>
    public void Batch(IEnumerable<string> commands) => Command($"-n {Name} -batch -", string.Join('\n', commands) + "\n");

    /// <summary>Makes a pair: one end here, the other in <paramref name="pod"/>, as a CNI plugin does.</summary>
    /// <returns>The index of the end here.</returns>
    public int AddVeth(string name, LinksNamespace pod, string options = "", string peer = "eth0")
    {
        Ip($"link add {name} {options} type veth peer name {peer} netns {pod.Name}");
        return IndexOf(name);
    }

    public int IndexOf(string name) => int.Parse(Ip($"-o link show dev {name}").Split(':')[0]);

    /// <summary>Runs on a thread that is in this namespace; threads and sockets that it makes are as well.</summary>
    public T Run<T>(Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle file = File.OpenHandle($"/run/netns/{Name}");
                if (SetNamespace(file, NetworkNamespaces) < 0)
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

    /// <summary>Changes traffic control of this namespace, as a program with a socket of its own.</summary>
    public T InClsact<T>(Func<Clsact, T> action) => Run(() =>
    {
        using var requests = NetlinkSocket.Open();
        return action(new Clsact(requests));
    });

    public void Dispose() => Command($"netns del {Name}");

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
            : throw new InvalidOperationException($"ip {arguments}: exit {process.ExitCode}: {error.Result}");
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static extern int SetNamespace(SafeFileHandle file, int kind);
}
