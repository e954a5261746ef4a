namespace Depmap.Lab.Tests;

/// <summary>All nodes of a lab, and all labs, share one kernel: each agent reports packets of its own node only.</summary>
public sealed class OneKernelTests
{
    [Fact]
    public async Task A_drop_is_reported_by_the_agent_of_the_node_that_dropped()
    {
        await using Cluster lab = await Cluster.UpAsync("test/Lab.Tests/tables/kernel.lab");

        // Dropped on node-b, while both agents run.
        await lab.CallAsync("client", "tcp", "10.96.0.22", 80, first: 20_000, count: 3, rate: 10, timeout: 0.5);
        Assert.Equal(3, (await lab.FlowsAsync(count: 3)).Count);
        Assert.Equal(
            "TCP Deployment/client -> service shut:80 0 forwarded, 3 dropped POLICY NETFILTER_DROP:3",
            Assert.Single(await lab.EdgesAsync()).ToString());

        // The agent of node-a alone sees the client's SYN and no response, but not why.
        await lab.StopAsync("agent-node-b");
        await lab.CallAsync("client", "tcp", "10.96.0.22", 80, first: 21_000, timeout: 0.5);
        FlowLine seenByClient = (await lab.FlowsAsync(count: 4))[^1];
        Assert.Equal((21_000, "TIMEOUT", null), (seenByClient.Source.Port, seenByClient.DropReason, seenByClient.DropReasonDetail));

        // The agent of node-b alone sees why, but not which service was called.
        await lab.StartAsync("agent-node-b");
        await lab.StopAsync("agent-node-a");
        await lab.CallAsync("client", "tcp", "10.96.0.20", 80, first: 22_000); // the agent learns a pod's address
        await lab.CallAsync("client", "tcp", "10.96.0.22", 80, first: 22_001, timeout: 0.5);
        FlowLine seenByServer = Assert.Single(await lab.FlowsAsync(count: 6), flow => flow.Source.Port == 22_001);
        Assert.Equal(("POLICY", "node-b"), (seenByServer.DropReason, seenByServer.Node));
    }

    [Fact]
    public async Task Two_labs_with_the_same_addresses_see_only_their_own_flows()
    {
        Cluster[] labs = await Task.WhenAll(
            Cluster.UpAsync("test/Lab.Tests/tables/kernel.lab"), Cluster.UpAsync("test/Lab.Tests/tables/kernel.lab"));
        await using Cluster left = labs[0], right = labs[1];

        await Task.WhenAll(
            left.CallAsync("client", "tcp", "10.96.0.22", 80, first: 20_000, count: 4, rate: 10, timeout: 0.3),
            left.CallAsync("client", "tcp", "10.96.0.20", 80, first: 21_000, count: 50),
            right.CallAsync("client", "tcp", "10.96.0.22", 80, first: 22_000, count: 2, rate: 10, timeout: 0.3),
            right.CallAsync("client", "udp", "10.244.2.2", 9, first: 23_000, count: 20));
        await left.FlowsAsync(count: 54);
        await right.FlowsAsync(count: 22);
        List<FlowLine>[] flows = await Task.WhenAll(left.SettledFlowsAsync(), right.SettledFlowsAsync());

        Assert.Equal(
            [.. Enumerable.Range(20_000, 4), .. Enumerable.Range(21_000, 50)],
            flows[0].Select(flow => flow.Source.Port!.Value).Order());
        Assert.Equal(
            [.. Enumerable.Range(22_000, 2), .. Enumerable.Range(23_000, 20)],
            flows[1].Select(flow => flow.Source.Port!.Value).Order());
    }
}
