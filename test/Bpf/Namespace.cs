using System.Diagnostics;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>A network namespace for a test, removed when disposed.</summary>
internal sealed class Namespace : IDisposable
{
    public Namespace()
    {
        Run("ip", $"netns add {Name}");
        Batch("link set lo up");
    }

    public string Name { get; } = $"dmb-{Guid.NewGuid():N}"[..12];

    public void Dispose() => Run("ip", $"netns del {Name}");

    public void Ip(string arguments) => Run("ip", $"-n {Name} {arguments}");

    /// <summary>Runs several <c>ip</c> commands in one process.</summary>
    public void Batch(params string[] commands) => Run("ip", $"-n {Name} -batch -", string.Join('\n', commands) + "\n");

    public void Nft(string rules) => Enter(() => Run("nft", "-f -", rules));

    /// <summary>Adds an nftables rule that drops matching packets.</summary>
    /// <param name="hook">input, forward or output.</param>
    public void Drop(string hook, string match, string family = "ip") => Nft($$"""
        add table {{family}} drops
        add chain {{family}} drops {{hook}} { type filter hook {{hook}} priority filter; }
        add rule {{family}} drops {{hook}} {{match}} drop
        """);

    /// <summary>Sets a sysctl of the network namespace.</summary>
    public void Set(string key, string value) => Enter(() => File.WriteAllText($"/proc/sys/{key.Replace('.', '/')}", value));

    /// <summary>
    /// Connects <paramref name="pod"/> with a veth, which is called <paramref name="name"/> here and eth0 there. Each end has an
    /// address in a /24, ending in 1 here and in 2 there, and the pod's default route leads here.
    /// </summary>
    /// <returns>The index of the interface in this namespace.</returns>
    public int Lead(Namespace pod, string name, string network, int mtu = 1500)
    {
        Batch(
            $"link add {name} mtu {mtu} type veth peer name eth0 mtu {mtu} netns {pod.Name}",
            $"addr add {network}.1/24 dev {name}",
            $"link set {name} up");
        pod.Batch($"addr add {network}.2/24 dev eth0", "link set eth0 up", $"route add default via {network}.1");
        return IndexOf(name);
    }

    public int IndexOf(string link) => Enter(() => KernelCalls.InterfaceIndex(link));

    /// <summary>Runs on a thread in this namespace; sockets created there stay in it.</summary>
    public T Enter<T>(Func<T> action)
    {
        T result = default!;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                KernelCalls.EnterNamespace(Name);
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException(failure.Message, failure);
    }

    public void Enter(Action action) => Enter(() =>
    {
        action();
        return true;
    });

    private static void Run(string program, string arguments, string input = "") => Output(program, arguments, input);

    private static string Output(string program, string arguments, string input = "")
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {arguments}: {error.Trim()}");
    }
}
