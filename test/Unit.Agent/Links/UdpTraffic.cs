using System.Net;
using System.Net.Sockets;

namespace Depmap.Agent.Tests.Links;

/// <summary>Exchanges UDP packets between a pod and its node over a veth pair without other traffic.</summary>
internal sealed class UdpTraffic : IDisposable
{
    private static readonly IPEndPoint PodEnd = IPEndPoint.Parse("10.77.0.2:7777");
    private static readonly IPEndPoint NodeEnd = IPEndPoint.Parse("10.77.0.1:7777");

    private readonly Socket _podSocket;
    private readonly Socket _nodeSocket;

    /// <summary>Returns once a packet was exchanged.</summary>
    public UdpTraffic(NetworkNamespace node, string nodeInterface, NetworkNamespace pod, string podInterface)
    {
        _nodeSocket = Connect(node, nodeInterface, NodeEnd);
        _podSocket = Connect(pod, podInterface, PodEnd);
        // A veth that has just come up drops packets until the kernel has noticed (linkwatch).
        for (int attempt = 0; !TryExchange(); attempt++)
            Assert.True(attempt < 50, $"no packet passes {nodeInterface}");
    }

    /// <summary>Sends packets from the pod to the node and back; returns when all have arrived.</summary>
    public void Exchange(int packets)
    {
        for (int i = 0; i < packets; i++)
            Assert.True(TryExchange());
    }

    public void Dispose()
    {
        _podSocket.Dispose();
        _nodeSocket.Dispose();
    }

    private static Socket Connect(NetworkNamespace ns, string name, IPEndPoint own)
    {
        ns.Run(() =>
        {
            File.WriteAllText($"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "1");
            return true;
        });
        ns.Batch([$"address add {own.Address}/24 dev {name}", $"link set {name} up"]);
        return ns.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 200 };
            socket.Bind(own);
            return socket;
        });
    }

    private bool TryExchange()
    {
        try
        {
            _podSocket.SendTo([1], NodeEnd);
            _nodeSocket.Receive(new byte[1]);
            _nodeSocket.SendTo([1], PodEnd);
            _podSocket.Receive(new byte[1]);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return false;
        }
    }
}
