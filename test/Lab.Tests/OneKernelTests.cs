namespace Depmap.Lab.Tests;

/// <summary>All nodes of a lab, and all labs, share one kernel: each agent tells of its own node's packets only.</summary>
public sealed class OneKernelTests
{
    [Fact]
    public async Task A_drop_is_told_by_the_agent_of_the_node_that_dropped()
    {
        await using Cluster lab = await Cluster.UpAsync("test/Lab.Tests/tables/kernel.lab");

        // Dropped on node-b, while both look.
        await lab.CallAsync("client", "tcp", "10.96.0.22", 80, first: 20_000, count: 3, rate: 10, patience: 0.5);
        Assert.Equal(3, (await lab.FlowsAsync(count: 3)).Count);
        Assert.Equal(
            "TCP Deployment/client -> service shut:80 0 forwarded, 3 dropped POLICY NETFILTER_DROP:3",
            Assert.Single(await lab.EdgesAsync()).ToString());

        // With the agent of node-a alone nobody tells why: it sees the client's SYN, and silence.
        await lab.StopAsync("agent-node-b");
        await lab.CallAsync("client", "tcp", "10.96.0.22", 80, first: 21_000, patience: 0.5);
        FlowLine seenByClient = (await lab.FlowsAsync(count: 4))[^1];
        Assert.Equal((21_000, "TIMEOUT", null), (seenByClient.Source.Port, seenByClient.DropReason, seenByClient.DropReasonDetail));

        // With that of node-b alone it is known why, but not which service was asked.
        await lab.StartAsync("agent-node-b");
        await lab.StopAsync("agent-node-a");
        await lab.CallAsync("client", "tcp", "10.96.0.20", 80, first: 22_000); // the agent learns a pod's address
        await lab.CallAsync("client", "tcp", "10.96.0.22", 80, first: 22_001, patience: 0.5);
        FlowLine seenByServer = Assert.Single(await lab.FlowsAsync(count: 6), flow => flow.Source.Port == 22_001);
        Assert.Equal(("POLICY", "node-b"), (seenByServer.DropReason, seenByServer.Node));
    }

    [Fact]
    public async Task Two_labs_with_the_same_addresses_see_each_its_own()
    {
        Cluster[] labs = await Task.WhenAll(
            Cluster.UpAsync("test/Lab.Tests/tables/kernel.lab"), Cluster.UpAsync("test/Lab.Tests/tables/kernel.lab"));
        await using Cluster left = labs[0], right = labs[1];

        await Task.WhenAll(
            left.CallAsync("client", "tcp", "10.96.0.22", 80, first: 20_000, count: 4, rate: 10, patience: 0.3),
            left.CallAsync("client", "tcp", "10.96.0.20", 80, first: 21_000, count: 50),
            right.CallAsync("client", "tcp", "10.96.0.22", 80, first: 22_000, count: 2, rate: 10, patience: 0.3),
            right.CallAsync("client", "udp", "10.244.2.2", 9, first: 23_000, count: 20));
        await left.FlowsAsync(count: 54);
        await right.FlowsAsync(count: 22);
        await Task.Delay(TimeSpan.FromSeconds(2));

        Assert.Equal(
            [.. Enumerable.Range(20_000, 4), .. Enumerable.Range(21_000, 50)],
            (await left.FlowsAsync()).Select(flow => flow.Source.Port!.Value).Order());
        Assert.Equal(
            [.. Enumerable.Range(22_000, 2), .. Enumerable.Range(23_000, 20)],
            (await right.FlowsAsync()).Select(flow => flow.Source.Port!.Value).Order());
    }
}
