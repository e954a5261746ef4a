using System.Text.Json.Nodes;

namespace Depmap.Plugin.Objects;

/// <summary>Why a pod is not ready, in a few words.</summary>
internal static class PodReadiness
{
    private const string LegacyCapabilities = "--legacy-capabilities";

    /// <param name="warning">The message of the pod's last warning event; null if there is none.</param>
    /// <returns>Null if the pod is ready.</returns>
    public static string? NotReadyReason(JsonObject pod, string? warning)
    {
        string? reason = Reason(pod, warning);
        // Container runtimes that do not know the newer capabilities refuse to create the container, each in its own words.
        return reason is not null && (reason.Contains("CAP_BPF", StringComparison.Ordinal)
            || reason.Contains("CAP_PERFMON", StringComparison.Ordinal)) && !reason.Contains(LegacyCapabilities, StringComparison.Ordinal)
            ? $"{reason}. Try: kubectl depmap install {LegacyCapabilities}"
            : reason;
    }

    private static string? Reason(JsonObject pod, string? warning)
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
            string? detail = (string?)waiting["message"];
            if (detail is null && WaitsForCertificate(warning))
                return "waiting for its certificate";
            detail ??= warning;
            return detail is null ? reason : $"{reason}: {OneLine(detail)}";
        }

        if (conditions.FirstOrDefault(condition => (string?)condition["type"] == "PodScheduled" && (string?)condition["status"] == "False")
            is { } unscheduled)
        {
            return $"not scheduled: {OneLine((string?)unscheduled["message"] ?? "")}";
        }

        if (container?["state"]?["running"] is null)
            return WaitsForCertificate(warning) ? "waiting for its certificate" : warning ?? "starting";
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

    /// <summary>Whether the kubelet's last warning is about a Secret that the relay has not filled yet.</summary>
    private static bool WaitsForCertificate(string? warning) => warning is not null
        && (warning.Contains("references non-existent secret key", StringComparison.Ordinal)
            || warning.Contains("failed to sync secret cache", StringComparison.Ordinal));

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
