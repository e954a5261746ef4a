using System.Text.Json.Nodes;
using Depmap.Common;

namespace Depmap.Plugin.Objects;

/// <summary>A node of the cluster, as far as the agents depend on it.</summary>
/// <param name="Obstacle">Why it cannot run the agent; null if it can.</param>
/// <param name="IsReady">False if its kubelet reports a failure, or does not respond.</param>
internal sealed record ClusterNode(string Name, string Kernel, string? Obstacle, bool IsReady)
{
    /// <summary>Why it is not observed, whatever its agent does; null if its agent should observe it.</summary>
    public string? ReasonToSkip => Obstacle ?? (IsReady ? null : NodeSupport.NotReady);

    public static ClusterNode Of(JsonObject node)
    {
        JsonNode? info = node["status"]?["nodeInfo"];
        string kernel = (string?)info?["kernelVersion"] ?? "";
        string? obstacle = NodeSupport.Obstacle(
            node.Name, (string?)info?["operatingSystem"], (string?)info?["architecture"], kernel, node.Label);
        // A node without the condition has just been added.
        bool isReady = (node["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()
            .All(condition => (string?)condition["type"] != "Ready" || (string?)condition["status"] == "True");
        return new ClusterNode(node.Name, kernel, obstacle, isReady);
    }
}
