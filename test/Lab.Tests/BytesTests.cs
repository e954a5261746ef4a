namespace Depmap.Lab.Tests;

/// <summary>Bytes on an edge are those of the IP packets at the client's interface.</summary>
public sealed class BytesTests
{
    private const int Payload = 10_000_000;

    private const string Count = """
        table inet count {
          counter sent {}
          counter received {}
          chain out { type filter hook output priority 300; ip daddr 10.96.0.22 counter name sent; }
          chain in { type filter hook input priority 300; ip saddr 10.96.0.22 counter name received; }
        }
        """;

    [Fact]
    public async Task Bytes_are_exactly_those_that_the_pods_own_stack_counted()
    {
        await using Cluster lab = await Cluster.UpAsync("test/Lab.Tests/tables/load.lab");
        // The pods' stacks make packets of wire size, so that netfilter there counts what goes over a wire.
        foreach (string pod in (string[])["client", "one"])
            await lab.RunAsync(pod, "ip link set eth0 gso_max_segs 1");
        await lab.RunAsync("client", $"nft -f - <<< \"{Count}\"");

        EdgeLine edge = await TransferAsync(lab);

        Assert.Equal(await CountedAsync(lab, "sent"), edge.BytesToServer);
        Assert.Equal(await CountedAsync(lab, "received"), edge.BytesToClient);
    }

    [Fact]
    public async Task Large_segments_count_as_the_packets_that_they_become()
    {
        await using Cluster lab = await Cluster.UpAsync("test/Lab.Tests/tables/load.lab");

        EdgeLine edge = await TransferAsync(lab);

        // 1448 bytes in a packet of 1500 (RFC 7323 timestamps), each of which may be acknowledged by one of 52.
        long packets = (Payload + 1447) / 1448;
        long least = Payload + (52 * packets), most = least + (52 * packets) + 52_000;
        Assert.InRange(edge.BytesToServer, least, most);
        Assert.InRange(edge.BytesToClient, least, most);
    }

    // There and back, to a service on the other node.
    private static async Task<EdgeLine> TransferAsync(Cluster lab)
    {
        string echoed = await lab.RunAsync("client", $"head -c {Payload} /dev/zero | socat -t 5 - TCP:10.96.0.22:81 | wc -c");
        Assert.Equal($"{Payload}\n", echoed);
        List<EdgeLine> edges = [];
        long bytes = 0;
        // Until a scan of the agent brings nothing more.
        await Wait.TryUntilAsync(async () =>
        {
            await Task.Delay(1500);
            edges = await lab.EdgesAsync();
            long before = bytes;
            bytes = edges.Sum(edge => edge.BytesToServer + edge.BytesToClient);
            return bytes == before && bytes >= 2 * Payload;
        });
        Assert.Equal("TCP Deployment/client -> service stream:81 1 forwarded, 0 dropped", Assert.Single(edges).ToString());
        return edges[0];
    }

    private static async Task<long> CountedAsync(Cluster lab, string counter) =>
        long.Parse(await lab.RunAsync("client", $"nft list counter inet count {counter} | sed -n \"s/.* bytes //p\""));
}
