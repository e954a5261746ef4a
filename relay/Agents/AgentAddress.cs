using System.Net;
using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Agents;

/// <summary>The address that an agent connects from, compared with the addresses of the node that it names.</summary>
/// <param name="Text">As shown to users.</param>
/// <param name="Owners">The nodes that have this address, according to the Kubernetes API; empty if it is not known to be a node's.</param>
/// <param name="IsOfNode">Whether the node that the agent names is among them.</param>
internal sealed record AgentAddress(string Text, IReadOnlyList<string> Owners, bool IsOfNode)
{
    /// <summary>It belongs to other nodes only: the agent names another node than its own, unless the network translates it.</summary>
    public bool IsOfOtherNode => Owners.Count > 0 && !IsOfNode;

    /// <param name="peer">The remote address of the connection; null if it has none.</param>
    /// <param name="node">The node that the agent names.</param>
    /// <param name="nodes">All nodes; empty if they are not known.</param>
    public static AgentAddress Of(IPAddress? peer, string node, IEnumerable<NodeObject> nodes)
    {
        if (peer is null || !Address.TryRead(peer.GetAddressBytes(), out Address address))
            return new AgentAddress("", [], false);
        // Nodes behind one router can have the same external address.
        string[] owners = [.. nodes.Where(other => other.Addresses.Contains(address)).Select(other => other.Name)];
        return new AgentAddress(address.ToString(), owners, owners.Contains(node));
    }
}
