using Depmap.Relay.Agents;
using Depmap.Relay.Objects;
using Depmap.Relay.Queries;
using Depmap.V1;

namespace Depmap.Relay.Tests.Queries;

public sealed class UnobservedNodesTests
{
    [Fact]
    public void Nodes_without_a_connected_agent_are_not_observed()
    {
        const string nodes = """
            {"kind": "List", "items": [
              {"kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
              {"kind": "Node", "metadata": {"name": "n2"}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}},
              {"kind": "Node", "metadata": {"name": "n3"}},
              {"kind": "Node", "metadata": {"name": "n4"}, "status": {"nodeInfo": {"operatingSystem": "windows"}}},
              {"kind": "Node", "metadata": {"name": "n5", "labels": {"type": "virtual-kubelet"}}},
              {"kind": "Node", "metadata": {"name": "n6"}, "status": {"nodeInfo": {"kernelVersion": "5.4.0-1", "architecture": "amd64"}}}]}
            """;
        AgentState[] agents = [Agent("n1", connected: true), Agent("n2", connected: false), Agent("n3", connected: false)];
        Assert.Equal(
            [
                ("n2", "the node is not ready"),
                ("n3", "its agent does not report"),
                ("n4", "Windows is not supported"),
                ("n5", "virtual nodes do not run DaemonSets"),
                ("n6", "kernel 5.4.0-1 is older than 5.10"),
            ],
            UnobservedNodes.Find(ObjectsReader.Read(System.Text.Encoding.UTF8.GetBytes(nodes)).Nodes, agents)
                .Select(node => (node.Name, node.Reason)));
    }

    private static AgentState Agent(string node, bool connected) =>
        new(new Hello { Node = node }, connected, default, 0, null, 0);
}
