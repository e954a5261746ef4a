using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Connections of programs in the node's network namespace, each in a cgroup like those of a kubelet.</summary>
public sealed class HostConnectionTests : IDisposable
{
    private const string Pod = "kubepods-burstable-pod1b4e28ba_2fa1_11d2_883f_0016d3cca427.slice";
    private const string Server = "10.77.2.2", Service = "10.96.0.10";
    private const int Open = 8080, Closed = 8083;

    private readonly NetworkNamespace _node = new();
    private readonly NetworkNamespace _server = new();
    private readonly string _cgroup = Path.Combine(CgroupMount(), $"dmb-{Guid.NewGuid():N}"[..12]);
    private readonly string _container;
    private readonly Socket _listener;
    private readonly BpfPrograms _loaded;

    public HostConnectionTests()
    {
        _node.Connect(_server, "to-server", "10.77.2");
        _node.Ip($"route add {Service} via {Server}");
        _node.Ip("addr add fd77:2::1/64 dev to-server nodad");
        _server.Ip("addr add fd77:2::2/64 dev eth0 nodad");
        _node.Nft($$"""
            add table ip services
            add chain ip services translate { type nat hook output priority -100; }
            add rule ip services translate ip daddr {{Service}} tcp dport 80 dnat to {{Server}}:{{Open}}
            """);
        _container = Path.Combine(_cgroup, Pod, "cri-containerd-1.scope");
        Directory.CreateDirectory(_container);
        _listener = Listen(_server);
        _loaded = _node.Run(() => LoadedPrograms.Load(slotsPerCpu: 1024));
        _loaded.AttachTracepoints();
    }

    public void Dispose()
    {
        _loaded.Dispose();
        _listener.Dispose();
        _server.Dispose();
        _node.Dispose();
        // A cgroup can be removed once it is empty.
        foreach (string folder in (string[])[_container, Path.Combine(_cgroup, Pod), _cgroup])
            Directory.Delete(folder);
    }

    [Theory]
    [InlineData(Server, Open)]
    [InlineData("fd77:2::2", Open)]
    [InlineData(Service, 80)]
    public void A_connection_is_reported_with_its_cgroups_and_its_untranslated_ends(string address, int port)
    {
        long before = Stopwatch.GetTimestamp();
        Connect(address, port);
        HostConnectionRecord connection = Only();
        using Socket accepted = _listener.Accept();

        Assert.Equal(
            (RecordKind.HostConnection, address, port),
            (connection.Kind, connection.Server.ToString(), connection.ServerPort.Number));
        var client = (IPEndPoint)accepted.RemoteEndPoint!;
        Assert.Equal(
            (client.Address.MapToIPv6(), client.Port),
            (IPAddress.Parse(connection.Client.ToString()).MapToIPv6(), connection.ClientPort.Number));
        Assert.InRange(connection.Time, before, Stopwatch.GetTimestamp());
        Assert.NotEqual(0ul, connection.Cgroup);
        Assert.Equal(["cri-containerd-1.scope", Pod, Path.GetFileName(_cgroup), ""], Names(connection));
        Assert.Equal("1b4e28ba-2fa1-11d2-883f-0016d3cca427", Agent.Connections.HostConnections.FindPodUid(connection.Names));
    }

    [Fact]
    public void A_refused_connection_is_reported_as_well()
    {
        Connect(Server, Closed);
        HostConnectionRecord connection = Only();

        Assert.Equal((Server, Closed), (connection.Server.ToString(), connection.ServerPort.Number));
        Assert.Equal("10.77.2.1", connection.Client.ToString());
        Assert.NotEqual(0, connection.ClientPort.Number);
        Assert.Equal(Pod, Names(connection)[1]);
    }

    [Fact]
    public void Connections_of_pods_of_other_nodes_and_over_the_loopback_are_not_reported()
    {
        using NetworkNamespace otherNode = new(), otherServer = new();
        otherNode.Connect(otherServer, "to-server", "10.77.2");
        using Socket there = Listen(otherServer), onLoopback = Listen(_node);
        Connect(Server, Open, otherNode);
        Connect("10.77.2.1", Open, _server);
        Connect("127.0.0.1", Open);
        Connect("::1", Open);
        Connect(Server, Closed);

        Assert.Equal(Closed, Only().ServerPort.Number);
    }

    private static Socket Listen(NetworkNamespace ns) => ns.Run(() =>
    {
        Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, Open));
        socket.Listen();
        return socket;
    });

    /// <summary>Connects from a program in the container's cgroup and ignores the result.</summary>
    private void Connect(string address, int port, NetworkNamespace? from = null)
    {
        // Join the cgroup first: ip mounts another /sys for its command.
        string join = $"echo $$ >{_container}/cgroup.procs";
        string open = $"exec 3<>/dev/tcp/{address}/{port}";
        using var client = Process.Start(new ProcessStartInfo("bash")
        {
            ArgumentList = { "-c", $"{join} && exec ip netns exec {(from ?? _node).Name} bash -c '{open}'" },
            RedirectStandardError = true,
        })!;
        client.StandardError.ReadToEnd();
        client.WaitForExit();
    }

    private HostConnectionRecord Only() => Assert.Single(_loaded.WaitFor<HostConnectionRecord>(RecordKind.HostConnection));

    private static string[] Names(HostConnectionRecord connection) =>
    [
        .. Enumerable.Range(0, HostConnectionRecord.CgroupNames.Levels).Select(level => Encoding.ASCII.GetString(
            ((ReadOnlySpan<byte>)connection.Names).Slice(
                level * HostConnectionRecord.CgroupNames.NameBytes, HostConnectionRecord.CgroupNames.NameBytes)).Split('\0')[0]),
    ];

    private static string CgroupMount() =>
        File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).FirstOrDefault(mount => mount[2] == "cgroup2")?[1]
            ?? throw new InvalidOperationException("no cgroup2 is mounted on this machine. Try: mount -t cgroup2 none /mnt");
}
