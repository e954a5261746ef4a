using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Depmap.Agent.Kernel;
using Depmap.Agent.Records;

namespace Depmap.Bpf.Tests;

/// <summary>Real packets dropped by the real kernel.</summary>
public abstract class DropScenarios : IDisposable
{
    private const string Client = DropNetwork.ClientAddress, Server = DropNetwork.ServerAddress, Service = DropNetwork.Service;
    private const int Open = 8080, Cut = 8084, Closed = 8083;
    private const int Forbidden = DropNetwork.Forbidden, ForbiddenInPod = DropNetwork.ForbiddenInPod;

    private readonly NetworkNamespace _node;
    private readonly NetworkNamespace _client;
    private readonly NetworkNamespace _server;
    private readonly int _serverInterface;
    private readonly bool _hasReasons;
    private readonly BpfPrograms _programs;
    private readonly PlaceNames? _names;
    private readonly TestRun _testRun = new();

    protected DropScenarios(DropNetwork network, bool hideReasons)
    {
        (_node, _client, _server, _serverInterface) = (network.Node, network.Client, network.Server, network.ServerInterface);
        _hasReasons = !hideReasons && RunningKernel.IsAtLeast(5, 17);
        _names = hideReasons ? PlaceNames.TryLoad() : null;
        // If the kernel rejects iterators, read /proc/kallsyms, which an agent may not be allowed to read.
        KernelPlaces? places = hideReasons ? new KernelPlaces(_names is null ? Kallsyms.FunctionAt : _names.FunctionAt) : null;
        _programs = _node.Run(() => LoadedPrograms.Load(slotsPerCpu: 1024, places));
        _programs.AttachTracepoints();
        LearnPod(Client);
        _programs.Devices.Set([_serverInterface]);
    }

    public void Dispose()
    {
        _testRun.Dispose();
        _programs.Dispose();
        _names?.Dispose();
    }

    [Fact]
    public void A_SYN_dropped_by_a_rule_of_the_node_is_reported_with_all_fields()
    {
        long before = Stopwatch.GetTimestamp();
        int port = Connect(Server, Forbidden);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal("NETFILTER_DROP", _programs.Reasons.Name(drop.Reason));
        Assert.Equal((RecordKind.Drop, TransportProtocol.Tcp, FlowFlags.Syn), (drop.Kind, drop.Protocol, drop.Flags));
        Assert.Equal((Client, port, Server, Forbidden), Ends(drop));
        Assert.Equal(0, drop.Interface);
        Assert.NotEqual(0u, drop.TcpSequence);
        Assert.Equal(0u, drop.TcpAcknowledgement);
        Assert.InRange(drop.Time, before, Stopwatch.GetTimestamp());
        Assert.Equal((Client, port, Server, Forbidden), OriginalEnds(drop)); // no translation
        Assert.False(drop.Leaving);
    }

    [Fact]
    public void A_translated_SYN_is_reported_with_the_service()
    {
        int port = Connect(Service, 80);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal((Client, port, Server, Forbidden), Ends(drop));
        Assert.Equal((Client, port, Service, 80), OriginalEnds(drop));
    }

    [Fact]
    public void A_drop_in_a_pod_s_namespace_is_reported_with_its_interface()
    {
        int port = Connect(Server, ForbiddenInPod);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal("NETFILTER_DROP", _programs.Reasons.Name(drop.Reason));
        Assert.Equal((Client, port, Server, ForbiddenInPod), Ends(drop));
        Assert.Equal(_serverInterface, drop.Interface);
    }

    /// <summary>A node of kind has a veth as its uplink: packets dropped behind it are not this node's drops.</summary>
    [Fact]
    public void A_drop_behind_a_veth_that_leads_to_no_pod_is_not_reported()
    {
        _programs.Devices.Set([]);
        Connect(Server, ForbiddenInPod);
        int port = Connect(Server, Forbidden);

        Assert.Equal((Client, port, Server, Forbidden), Ends(Assert.Single(WaitForDrops())));
    }

    [Fact]
    public void A_dropped_datagram_is_reported()
    {
        int port = Send(Server, Forbidden);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal((TransportProtocol.Udp, FlowFlags.None, 0u), (drop.Protocol, drop.Flags, drop.TcpSequence));
        Assert.Equal((Client, port, Server, Forbidden), Ends(drop));
    }

    /// <summary>A full buffer may drop a million packets a second.</summary>
    [Fact]
    public void Dropped_datagrams_of_one_socket_are_reported_once_a_second()
    {
        int[] ports = [Send(Server, Forbidden, count: 1000), Send(Server, Forbidden, count: 1000)];

        Assert.Equal(ports, WaitForDrops(2).Select(drop => (int)drop.SourcePort.Number));
    }

    [Fact]
    public void A_datagram_that_a_full_receive_buffer_drops_is_reported()
    {
        if (!_hasReasons)
            return;
        using Socket reader = _server.Run(() =>
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 2048 };
            socket.Bind(new IPEndPoint(IPAddress.Any, Open));
            return socket;
        });
        int port = Send(Server, Open, count: 1000);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal("SOCKET_RCVBUFF", _programs.Reasons.Name(drop.Reason));
        Assert.Equal((Client, port, Server, Open), Ends(drop));
        Assert.Equal(_serverInterface, drop.Interface);
    }

    /// <summary>Two connections get the same address and port, so that the second one cannot be tracked.</summary>
    [Fact]
    public void A_packet_that_the_connection_tracker_drops_was_about_to_leave()
    {
        using Socket listener = Listen(DropNetwork.OnePort);
        using Socket first = ConnectAndWait(DropNetwork.OnePort);
        int port = Connect(Server, DropNetwork.OnePort);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal("NETFILTER_DROP", _programs.Reasons.Name(drop.Reason));
        Assert.Equal((Client, port, Server, DropNetwork.OnePort), OriginalEnds(drop));
        Assert.True(drop.Leaving);
    }

    [Fact]
    public void A_SYN_that_finds_the_accept_queue_full_is_reported()
    {
        if (!_programs.Features.HasConnectionRequests)
            return;
        using Socket listener = Listen(Open, backlog: 0);
        using Socket first = ConnectAndWait(Open);
        int port = Connect(Server, Open);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal("ACCEPT_QUEUE_FULL", _programs.Reasons.Name(drop.Reason));
        Assert.Equal((Client, port, Server, Open), Ends(drop));
        Assert.Equal((_serverInterface, FlowFlags.Syn), (drop.Interface, drop.Flags));
    }

    [Fact]
    public void A_closed_port_is_reported_as_NO_SOCKET()
    {
        int tcp = Connect(Server, Closed);
        int udp = Send(Server, Closed);
        List<Drop> drops = WaitForDrops(2);

        Assert.Equal(["NO_SOCKET", "NO_SOCKET"], drops.Select(drop => _programs.Reasons.Name(drop.Reason)));
        Assert.Equal([(Client, tcp, Server, Closed), (Client, udp, Server, Closed)], drops.Select(Ends));
        Assert.All(drops, drop => Assert.Equal(_serverInterface, drop.Interface));
    }

    [Fact]
    public void A_connection_that_works_has_no_drops()
    {
        using Socket listener = Listen(Open);
        _client.Run(() =>
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(Server, Open);
            using Socket accepted = listener.Accept();
            socket.Send(new byte[100_000]);
            accepted.Send(new byte[1000]);
        });
        _client.Run(() => Assert.Throws<SocketException>(() =>
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp).Connect(Server, Closed)));

        // The refused connection proves that all earlier packets were processed.
        Assert.Equal(Closed, Assert.Single(WaitForDrops()).DestinationPort.Number);
    }

    [Fact]
    public void Drops_of_another_node_on_this_machine_are_not_reported()
    {
        using NetworkNamespace otherNode = new(), otherClient = new(), otherServer = new();
        otherNode.Set("net.ipv4.ip_forward", "1");
        otherNode.Connect(otherClient, "to-client", "10.77.1");
        otherNode.Connect(otherServer, "to-server", "10.77.2");
        otherNode.Drop("forward", $"tcp dport {Forbidden}");
        otherServer.Drop("input", $"tcp dport {ForbiddenInPod}");

        Connect(Server, Forbidden, otherClient);
        Connect(Server, ForbiddenInPod, otherClient);
        int port = Connect(Server, Forbidden);

        Assert.Equal((Client, port, Server, Forbidden), Ends(Assert.Single(WaitForDrops())));
    }

    [Fact]
    public void Drops_that_concern_no_pod_are_not_reported()
    {
        _node.Drop("output", "tcp dport 9999");
        Connect(Server, 9999, _node); // from the node's own address
        int port = Connect(Server, Forbidden);

        Assert.Equal((Client, port, Server, Forbidden), Ends(Assert.Single(WaitForDrops())));
    }

    [Fact]
    public void IPv6_drops_are_reported()
    {
        _node.Set("net.ipv6.conf.all.forwarding", "1");
        _node.Drop("forward", $"tcp dport {Forbidden}", family: "ip6");
        (NetworkNamespace, string, string)[] links = [(_client, "to-client", "fd77:1:"), (_server, "to-server", "fd77:2:")];
        foreach ((NetworkNamespace pod, string link, string network) in links)
        {
            _node.Ip($"addr add {network}:1/64 dev {link} nodad");
            pod.Ip($"addr add {network}:2/64 dev eth0 nodad");
            pod.Ip($"-6 route add default via {network}:1");
        }

        _testRun.Run(_programs.FromPod, Packet.Ethernet().IPv6("fd77:1::2", "fd77:2::2").Udp(1, 2).ToArray());
        int port = Connect("fd77:2::2", Forbidden);
        Drop drop = Assert.Single(WaitForDrops());

        Assert.Equal(("fd77:1::2", port, "fd77:2::2", Forbidden), Ends(drop));
        Assert.Equal("NETFILTER_DROP", _programs.Reasons.Name(drop.Reason));
    }

    [Fact]
    public void A_connection_that_a_policy_cuts_off_is_reported_by_its_later_packets()
    {
        using Socket listener = Listen(Cut);
        int port = _client.Run(() =>
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(Server, Cut);
            _node.Drop("forward", $"tcp dport {Cut}");
            socket.Send(new byte[100]);
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        });
        Drop drop = WaitForDrops()[0];

        Assert.Equal("NETFILTER_DROP", _programs.Reasons.Name(drop.Reason));
        Assert.Equal((Client, port, Server, Cut), Ends(drop));
        Assert.Equal((Client, port, Server, Cut), OriginalEnds(drop));
        Assert.False(drop.Flags.HasFlag(FlowFlags.Syn));
    }

    private void LearnPod(string address) =>
        _testRun.Run(_programs.FromPod, Packet.Ethernet().IPv4(address, "10.77.9.9").Udp(1, 2).ToArray());

    /// <summary>Sends a SYN and does not wait for a reply.</summary>
    /// <returns>The source port.</returns>
    private int Connect(string address, int port, NetworkNamespace? from = null) => (from ?? _client).Run(() =>
    {
        IPAddress to = IPAddress.Parse(address);
        using Socket socket = new(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        socket.Bind(new IPEndPoint(to.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
        try
        {
            socket.Connect(to, port);
        }
        catch (SocketException e) when (
            e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress or SocketError.ConnectionRefused)
        {
        }

        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    });

    private Socket ConnectAndWait(int port) => _client.Run(() =>
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(Server, port);
        return socket;
    });

    private Socket Listen(int port, int backlog = 128) => _server.Run(() =>
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        socket.Listen(backlog);
        return socket;
    });

    private int Send(string address, int port, int count = 1) => _client.Run(() =>
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        for (int i = 0; i < count; i++)
            socket.SendTo(new byte[10], new IPEndPoint(IPAddress.Parse(address), port));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    });

    /// <summary>Returns drops like the agent: with reasons, without ordinary frees.</summary>
    private List<Drop> WaitForDrops(int count = 1)
    {
        List<Drop> drops = [];
        _programs.WaitFor<Drop>(RecordKind.Drop, count, drop =>
        {
            bool isDrop = _programs.TryResolveReason(ref drop);
            if (isDrop)
                drops.Add(drop);
            return isDrop;
        });
        return drops;
    }

    private static (string, int, string, int) Ends(Drop drop) =>
        (drop.Source.ToString(), drop.SourcePort.Number, drop.Destination.ToString(), drop.DestinationPort.Number);

    private static (string, int, string, int) OriginalEnds(Drop drop) => (
        drop.OriginalSource.ToString(), drop.OriginalSourcePort.Number,
        drop.OriginalDestination.ToString(), drop.OriginalDestinationPort.Number);
}
