using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>The nodes that an installation is meant for: those that have the labels of its node selector.</summary>
internal sealed class NodeTable(IApiServer server, InstallValues values, TimeProvider timeProvider)
{
    // In a large cluster, the list of nodes has some ten megabytes. A node is not ready 40 s after it failed.
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(10);

    private Dictionary<string, ClusterNode> _nodes = new(StringComparer.Ordinal);
    private long _readAt;

    public IReadOnlyCollection<ClusterNode> All => _nodes.Values;

    /// <summary>Why a node is not waited for; null if it is.</summary>
    public string? ReasonToSkip(string name) => _nodes.GetValueOrDefault(name)?.ReasonToSkip;

    /// <returns>Why the nodes cannot be listed; null if they are.</returns>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        _readAt = timeProvider.GetTimestamp();
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, "/api/v1/nodes", null, null, cancellationToken);
        if (!response.Ok)
            return response.Message;
        _nodes = (response.Body!["items"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(node => values.NodeSelector.All(pair => node.Label(pair.Key) == pair.Value))
            .Select(ClusterNode.Of)
            .ToDictionary(node => node.Name, StringComparer.Ordinal);
        return null;
    }

    /// <summary>Reads the nodes again, unless they were read a short time ago.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (timeProvider.GetElapsedTime(_readAt) >= RefreshInterval)
            await ReadAsync(cancellationToken);
    }

    /// <exception cref="InstallException">No node can run the agent.</exception>
    public void RequireOne()
    {
        if (_nodes.Count > 0 && All.All(node => node.Obstacle is not null))
        {
            throw new InstallException(
                $"no node of this cluster can be observed: {UnobservedNodes.List(All.Select(node => (node.Name, node.Obstacle!)))}");
        }
    }

    /// <summary>
    /// Lets an update of the agents continue although some nodes cannot take part in it. The controller counts their agents as
    /// unavailable, so a dead node in a cluster of two would use up the default of 25%.
    /// </summary>
    public void WidenUpdate(JsonObject daemonSet)
    {
        int blocked = All.Count(node => node.ReasonToSkip is not null);
        if (blocked > 0)
        {
            daemonSet.At("spec", "updateStrategy", "rollingUpdate")["maxUnavailable"] =
                blocked + (int)Math.Ceiling((_nodes.Count - blocked) * 0.25);
        }
    }
}
