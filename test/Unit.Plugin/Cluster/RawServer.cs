using System.Net;
using System.Net.Sockets;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>A TCP server that sends fixed bytes once the client has sent something.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawServer(byte[] answer)
    {
        _listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                NetworkStream stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[4096], 1);
                await stream.WriteAsync(answer);
                client.Client.Shutdown(SocketShutdown.Send);
                // Until the client has closed: a reset could overtake the answer.
                while (await stream.ReadAsync(new byte[4096]) > 0)
                    continue;
            }
        });
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();
}
