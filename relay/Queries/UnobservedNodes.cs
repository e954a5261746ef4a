using Depmap.Common;
using Depmap.Relay.Agents;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>Finds the nodes of the cluster that no agent reports from, and why.</summary>
internal static class UnobservedNodes
{
    public static IEnumerable<UnobservedNode> Find(IEnumerable<NodeObject> nodes, IEnumerable<AgentState> agents)
    {
        HashSet<string> observed = [.. agents.Where(agent => agent.Connected).Select(agent => agent.Hello.Node)];
        return nodes.Where(node => !observed.Contains(node.Name)).Select(node => new UnobservedNode
        {
            Name = node.Name,
            Reason = node.Obstacle ?? (node.IsReady ? "its agent does not report" : NodeSupport.NotReady),
        });
    }
}
