namespace Depmap.Bpf.Tests;

/// <summary>A node with two pods, each in a network namespace, a service, and rules that drop packets.</summary>
public sealed class DropNetwork : IDisposable
{
    public const string ClientAddress = "10.77.1.2";
    public const string ServerAddress = "10.77.2.2";

    /// <summary>Translated to port <see cref="Forbidden"/> of the server.</summary>
    public const string Service = "10.96.0.10";

    /// <summary>Ports dropped by a rule of the node and by a rule in the server's namespace.</summary>
    public const int Forbidden = 8081, ForbiddenInPod = 8082;

    /// <summary>Connections to it leave the node with one port, whichever they came with.</summary>
    public const int OnePort = 8085;

    public DropNetwork()
    {
        try
        {
            Node.Set("net.ipv4.ip_forward", "1");
            Node.Connect(Client, "to-client", "10.77.1");
            ServerInterface = Node.Connect(Server, "to-server", "10.77.2");
            Node.Nft($$"""
                add table ip services
                add chain ip services translate { type nat hook prerouting priority dstnat; }
                add rule ip services translate ip daddr {{Service}} tcp dport 80 dnat to {{ServerAddress}}:{{Forbidden}}
                add chain ip services leave { type nat hook postrouting priority srcnat; }
                add rule ip services leave tcp dport {{OnePort}} snat to 10.77.2.1:40000
                """);
            Node.Drop("forward", $"tcp dport {Forbidden}");
            Node.Drop("forward", $"udp dport {Forbidden}");
            Server.Drop("input", $"tcp dport {ForbiddenInPod}");
        }
        catch
        {
            Dispose(); // xunit does not dispose if the constructor fails
            throw;
        }
    }

    internal NetworkNamespace Node { get; } = new();

    internal NetworkNamespace Client { get; } = new();

    internal NetworkNamespace Server { get; } = new();

    /// <summary>The node's end of the server's veth.</summary>
    internal int ServerInterface { get; }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
        Node.Dispose();
    }
}
