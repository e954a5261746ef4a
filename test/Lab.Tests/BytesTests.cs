namespace Depmap.Lab.Tests;

/// <summary>Bytes on an edge are those of the IP packets on the wire, at the client's interface.</summary>
public sealed class BytesTests
{
    private const int Payload = 5_000_000;

    /// <param name="onePacketSegments">Whether the pods' kernels send packets of wire size instead of large segments (GSO).</param>
    /// <param name="withLoss">Whether the network between the nodes loses data, so that the pods retransmit.</param>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Bytes_are_exactly_those_that_the_kernel_of_the_client_counted(bool onePacketSegments, bool withLoss)
    {
        await using Cluster lab = await Cluster.UpAsync("test/Lab.Tests/tables/load.lab");
        await lab.RunAsync("one", "sysctl -qw net.ipv4.tcp_sack=0");
        if (onePacketSegments)
        {
            foreach (string pod in (string[])["client", "one"])
                await lab.RunAsync(pod, "ip link set eth0 gso_max_segs 1");
        }

        if (withLoss)
        {
            await lab.RunAsync("out", """
                nft "add table bridge loss
                add chain bridge loss forward { type filter hook forward priority 0; }
                add rule bridge loss forward meta length > 1000 numgen inc mod 50 0 counter drop"
                """);
        }

        // There and back, to a service on the other node.
        string output = await lab.RunAsync(
            "client", $"python3 -B {Installation.File("test/Lab.Tests/pods/wire_bytes.py")} 10.96.0.22 81 {Payload}");
        long[] onWire = [.. output.Split(' ').Select(long.Parse)];

        List<EdgeLine> edges = [];
        await Wait.TryUntilAsync(async () =>
        {
            edges = await lab.EdgesAsync();
            return edges is [{ } edge] && edge.BytesToServer == onWire[0] && edge.BytesToClient == onWire[1];
        });
        EdgeLine edge = Assert.Single(edges);
        Assert.Equal("TCP Deployment/client -> service stream:81 1 forwarded, 0 dropped", edge.ToString());
        Assert.Equal((onWire[0], onWire[1]), (edge.BytesToServer, edge.BytesToClient));
        Assert.InRange(edge.BytesToServer, Payload * 1500L / 1448, Payload * 2);
        if (withLoss)
            Assert.Matches("counter packets [1-9]", await lab.RunAsync("out", "nft list table bridge loss"));
    }
}
