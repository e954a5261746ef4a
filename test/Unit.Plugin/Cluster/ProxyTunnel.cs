using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>The part of a proxy that answers CONNECT.</summary>
internal static class ProxyTunnel
{
    /// <summary>Accepts one connection, connects it to a port of this machine, and ends with it.</summary>
    /// <returns>The CONNECT request.</returns>
    public static async Task<string> ServeAsync(TcpListener proxy, int port)
    {
        using TcpClient client = await proxy.AcceptTcpClientAsync();
        NetworkStream near = client.GetStream();
        string head = await ReadHeadAsync(near);
        await near.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, port);
        NetworkStream far = server.GetStream();
        await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        return head;
    }

    public static async Task<string> ReadHeadAsync(Stream stream)
    {
        var buffer = new byte[4096];
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int count = await stream.ReadAsync(buffer);
            if (count == 0)
                break;
            head.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return head.ToString();
    }
}
