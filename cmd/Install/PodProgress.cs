using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>What a pod waits for, in a few words.</summary>
internal static class PodProgress
{
    /// <param name="warning">The last warning event about the pod; null for none.</param>
    /// <returns>Null where it is ready.</returns>
    public static string? WaitsFor(JsonObject pod, string? warning)
    {
        if (pod["metadata"]?["deletionTimestamp"] is not null)
            return "the pod before it is ending";
        var conditions = (pod["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>();
        if (conditions.Any(condition => (string?)condition["type"] == "Ready" && (string?)condition["status"] == "True"))
            return null;

        JsonObject? container = (pod["status"]?["containerStatuses"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault();
        if (Ended(container) is { } crash)
            return crash;
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
        // The kubelet says both the same; only the node controller, for a node that it lost, says the pod's alone.
        return (bool?)container["ready"] == true ? "its node is not ready" : "running, not ready yet";
    }

    /// <summary>Why the program in it ended, by its last log line.</summary>
    private static string? Ended(JsonObject? container)
    {
        var ended = (container?["state"]?["terminated"] ?? container?["lastState"]?["terminated"]) as JsonObject;
        if (ended is null)
            return null;
        string last = ((string?)ended["message"] ?? (string?)ended["reason"] ?? "").TrimEnd().Split('\n')[^1].Trim();
        return $"ended with exit code {(int?)ended["exitCode"] ?? 0}: {last}";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
