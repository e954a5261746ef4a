namespace Depmap.Relay.Flows;

/// <summary>
/// Recognizes Depmap's own flows: from agents to the relay, and from the relay to anything, such as the API server. By namespace
/// and workload, not by labels: others cannot hide their traffic with these.
/// </summary>
/// <param name="ns">The relay's namespace. Agents are in another one, named after it.</param>
internal sealed class OwnTraffic(string ns)
{
    /// <summary>The relay's namespace unless the user chooses another.</summary>
    public const string DefaultNamespace = "depmap";

    private const string Relay = "depmap-relay";
    private const string Agent = "depmap-agent";

    public bool Includes(in NamedFlow flow) =>
        !flow.IsProbe
        && (IsRelay(flow.SourceOwner)
            || (IsAgentOrNode(flow.SourceOwner) && (IsRelay(flow.DestinationOwner) || IsRelay(flow.Service))));

    private bool IsRelay(Owner? owner) => owner is { Workload: $"Deployment/{Relay}" } && owner.Namespace == ns;

    private bool IsRelay(ServiceId? service) => service is { Name: Relay } && service.Namespace == ns;

    // Agents are on the network of their nodes, and so may have the names of their nodes.
    private bool IsAgentOrNode(Owner? owner) =>
        owner is { Pod: null } || (owner is { Workload: $"DaemonSet/{Agent}" } && owner.Namespace == $"{ns}-agents");
}
