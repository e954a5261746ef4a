using System.Text.Json.Nodes;

namespace Depmap.Plugin.Objects;

/// <summary>Why a pod is not ready, in a few words.</summary>
internal static class PodReadiness
{
    /// <param name="warning">The message of the pod's last warning event; null if there is none.</param>
    /// <returns>Null if the pod is ready.</returns>
    public static string? NotReadyReason(JsonObject pod, string? warning)
    {
        if (pod["metadata"]?["deletionTimestamp"] is not null)
            return "the previous pod is terminating";
        var conditions = (pod["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>();
        if (conditions.Any(condition => (string?)condition["type"] == "Ready" && (string?)condition["status"] == "True"))
            return null;

        JsonObject? container = (pod["status"]?["containerStatuses"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault();
        if (ExitReason(container) is { } exit)
            return exit;
        if (container?["state"]?["waiting"] is JsonObject waiting)
        {
            string reason = (string?)waiting["reason"] ?? "waiting";
            string? detail = (string?)waiting["message"] ?? warning;
            return detail is null ? reason : $"{reason}: {OneLine(detail)}";
        }

        if (conditions.FirstOrDefault(condition => (string?)condition["type"] == "PodScheduled" && (string?)condition["status"] == "False")
            is { } unscheduled)
        {
            return $"not scheduled: {OneLine((string?)unscheduled["message"] ?? "")}";
        }

        if (container?["state"]?["running"] is null)
            return warning ?? "starting";
        // The kubelet sets pod and container to not ready together. The node controller, if it has lost the node, sets the pod only.
        return (bool?)container["ready"] == true ? "its node is not ready" : "running, not ready yet";
    }

    /// <summary>Why the container exited, from the last line of its log.</summary>
    private static string? ExitReason(JsonObject? container)
    {
        var terminated = (container?["state"]?["terminated"] ?? container?["lastState"]?["terminated"]) as JsonObject;
        if (terminated is null)
            return null;
        string last = ((string?)terminated["message"] ?? (string?)terminated["reason"] ?? "").TrimEnd().Split('\n')[^1].Trim();
        return $"exited with code {(int?)terminated["exitCode"] ?? 0}: {last}";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
