using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>Waits until the relay and all agents are ready, and reports why they are not.</summary>
internal sealed class Rollout(IApiServer server, InstallValues values, ProgramName program, TimeProvider timeProvider, Action<string> log)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The last logged state by component and node.</summary>
    private readonly Dictionary<string, string> _logged = new(StringComparer.Ordinal);

    /// <exception cref="InstallException">It took longer than <paramref name="timeout"/>.</exception>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> pending = await PollAsync(cancellationToken);
            if (pending.Count == 0)
                return;
            if (timeProvider.GetElapsedTime(start) >= timeout)
            {
                throw new InstallException(
                    $"not ready after {timeout.TotalSeconds:0} s. {string.Join("; ", pending)}. Try: {program} status");
            }

            await Task.Delay(PollInterval, timeProvider, cancellationToken);
        }
    }

    /// <returns>What is not ready, and why.</returns>
    private async Task<IReadOnlyList<string>> PollAsync(CancellationToken cancellationToken)
    {
        var pending = new List<string>();
        JsonObject relay = await GetAsync("Deployment", values.Namespace, ProductNames.Relay, cancellationToken);
        int replicas = (int?)relay["spec"]?["replicas"] ?? 1;
        int readyReplicas = Ready(relay, "updatedReplicas", "readyReplicas");
        await CheckAsync("relay", values.Namespace, relay, replicas, readyReplicas, pending, cancellationToken);
        JsonObject agents = await GetAsync("DaemonSet", values.AgentNamespace, ProductNames.Agent, cancellationToken);
        int nodes = (int?)agents["status"]?["desiredNumberScheduled"] ?? 0;
        int readyAgents = Ready(agents, "updatedNumberScheduled", "numberReady");
        await CheckAsync("agent", values.AgentNamespace, agents, nodes, readyAgents, pending, cancellationToken);
        return pending;
    }

    private async Task CheckAsync(
        string component, string ns, JsonObject workload, int desired, int ready, List<string> pending, CancellationToken cancellationToken)
    {
        // Until its controller has observed the change, the status is that of the previous generation.
        bool isObserved = ((long?)workload["status"]?["observedGeneration"] ?? 0) >= ((long?)workload["metadata"]?["generation"] ?? 0);
        bool isReady = isObserved && ready >= desired;
        JsonArray pods = await ListAsync($"/api/v1/namespaces/{ns}/pods{ProductLabels.AllQuery}", cancellationToken);
        JsonArray warnings = isReady
            ? []
            : await ListAsync($"/api/v1/namespaces/{ns}/events?fieldSelector=type%3DWarning", cancellationToken);
        var reasons = new List<string>();
        foreach (JsonObject pod in pods.OfType<JsonObject>())
        {
            string subject = (string?)pod["spec"]?["nodeName"] is { } node ? $"{component} on {node}" : component;
            string? reason = PodReadiness.NotReadyReason(pod, LastWarning(warnings, pod.Name));
            // Pods that were ready all the time are not logged.
            if (reason is not null || _logged.ContainsKey(subject))
                Log(subject, reason ?? "ready");
            if (reason is not null)
                reasons.Add($"{subject}: {reason}");
        }

        if (isReady)
            return;
        // If a policy refuses the pods, they are never created. The controller reports it in an event.
        if (pods.Count == 0
            && warnings.OfType<JsonObject>().LastOrDefault(warning => (string?)warning["reason"] == "FailedCreate") is { } failed)
        {
            string reason = (string?)failed["message"] ?? "its pods are refused";
            Log(component, reason);
            reasons.Add($"{component}: {reason}");
        }

        pending.AddRange(reasons.Count > 0 ? reasons : [$"{component}: {ready} of {desired} ready"]);
    }

    private void Log(string subject, string state)
    {
        if (_logged.TryGetValue(subject, out string? last) && last == state)
            return;
        _logged[subject] = state;
        log($"{subject}: {state}");
    }

    private static string? LastWarning(JsonArray warnings, string pod) => (string?)warnings.OfType<JsonObject>()
        .LastOrDefault(warning => (string?)warning["involvedObject"]?["name"] == pod)?["message"];

    private static int Ready(JsonObject workload, string updatedField, string readyField) =>
        Math.Min((int?)workload["status"]?[updatedField] ?? 0, (int?)workload["status"]?[readyField] ?? 0);

    private async Task<JsonObject> GetAsync(string kind, string ns, string name, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, $"{ApiPath.OfKind(kind, ns)}/{name}", null, null, cancellationToken);
        return response.Ok
            ? (JsonObject)response.Body!
            : throw new InstallException($"cannot get {kind.ToLowerInvariant()}/{name} in namespace {ns}: {response.Message}");
    }

    private async Task<JsonArray> ListAsync(string path, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        return response.Ok ? response.Body!["items"] as JsonArray ?? [] : [];
    }
}
