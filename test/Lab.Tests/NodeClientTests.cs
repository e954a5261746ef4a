namespace Depmap.Lab.Tests;

/// <summary>A node that calls its pods from an address that no Kubernetes object has, as kubelets do with some CNI plugins.</summary>
public sealed class NodeClientTests
{
    [Fact]
    public async Task The_gateway_address_of_the_pods_is_named_as_the_node()
    {
        await using Cluster lab = await Cluster.UpAsync("test/Lab.Tests/tables/load.lab");

        await lab.CallAsync("node-b", "tcp", "10.244.2.2", 8080, first: 20_000);
        await lab.CallAsync("node-a", "tcp", "10.244.2.2", 8080, first: 20_001); // leaves its node from the node's address

        List<FlowLine> flows = await lab.FlowsAsync(count: 2, "--port 8080");
        Assert.Equal(
            [("10.244.2.1", 20_000, "node-b", "Deployment/echo"), ("172.30.7.11", 20_001, "node-a", "Deployment/echo")],
            flows
                .Select(flow => (flow.Source.Ip, flow.Source.Port, flow.Source.Node, flow.Destination.Workload))
                .OrderBy(flow => flow.Port));
        Assert.Equal(["node-a", "node-b"], (await lab.EdgesAsync("--port 8080")).Select(edge => edge.Source.Node).Order());
    }
}
