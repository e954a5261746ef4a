using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Finds pods that cannot be deleted before their node is back: only its kubelet confirms that they have ended.</summary>
internal sealed class StuckPods(IApiServer server)
{
    /// <returns>
    /// The pods and their nodes, if nothing else is left to wait for; empty if there is no pod, or one that will end by itself.
    /// </returns>
    /// <param name="component">The pods' component; null for all.</param>
    public async Task<IReadOnlyList<StuckPod>> FindAsync(string ns, string? component, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Get, $"/api/v1/namespaces/{ns}/pods{ProductLabels.AllQuery}", null, null, cancellationToken);
        var stuck = new List<StuckPod>();
        foreach (JsonObject pod in (response.Ok ? response.Body!["items"] as JsonArray ?? [] : []).OfType<JsonObject>())
        {
            if (component is not null && pod.Component != component)
                continue;
            string? node = (string?)pod["spec"]?["nodeName"];
            if (pod["metadata"]!["deletionTimestamp"] is null || node is null || !await IsLostAsync(node, cancellationToken))
                return [];
            stuck.Add(new StuckPod(pod.Name, node));
        }

        return stuck;
    }

    // Kubernetes deletes the pods of a node that does not exist.
    private async Task<bool> IsLostAsync(string node, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, $"/api/v1/nodes/{node}", null, null, cancellationToken);
        return response.Ok && !ClusterNode.Of((JsonObject)response.Body!).IsReady;
    }
}
