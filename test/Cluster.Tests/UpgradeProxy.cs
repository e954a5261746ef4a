using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Depmap.Cluster.Tests;

/// <summary>A proxy for HTTP on this machine that removes the Upgrade header of some requests, as many in front of clusters do.</summary>
internal sealed class UpgradeProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _server;
    private readonly string _removed;

    /// <param name="server">The port that requests are sent to.</param>
    /// <param name="removed">The protocol that may not be upgraded to; empty for all.</param>
    public UpgradeProxy(int server, string removed)
    {
        (_server, _removed) = (server, removed);
        _listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        });
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>A port that nothing listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(IPAddress.Loopback, _server);
            NetworkStream near = client.GetStream(), far = server.GetStream();
            await Task.WhenAny(SendAsync(near, far), far.CopyToAsync(near));
        }
    }

    // The plugin's requests here have no body.
    private async Task SendAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[4096];
        var head = new StringBuilder();
        while (await from.ReadAsync(buffer) is > 0 and int count)
        {
            head.Append(Encoding.Latin1.GetString(buffer, 0, count));
            if (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                continue;
            string[] lines = head.ToString().Split("\r\n");
            string? upgrade = lines.FirstOrDefault(line => line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase));
            bool isRemoved = upgrade?.Contains(_removed, StringComparison.OrdinalIgnoreCase) == true;
            string sent = string.Join("\r\n", lines.Where(line => !isRemoved || !IsUpgrade(line)));
            await to.WriteAsync(Encoding.Latin1.GetBytes(sent));
            head.Clear();
            if (upgrade is not null && !isRemoved)
                await from.CopyToAsync(to);
        }
    }

    private static bool IsUpgrade(string line) =>
        line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase)
        || line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase);
}
