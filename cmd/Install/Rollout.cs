using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>Waits until the relay and every agent are ready, and says what each waits for.</summary>
internal sealed class Rollout(IApiServer server, InstallValues values, TimeProvider timeProvider, Action<string> say)
{
    private const string Pods = "?labelSelector=app.kubernetes.io%2Fname%3Ddepmap";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, string> _said = new(StringComparer.Ordinal);

    /// <exception cref="InstallException">It took longer than <paramref name="timeout"/>.</exception>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> open = await LookAsync(cancellationToken);
            if (open.Count == 0)
                return;
            if (timeProvider.GetElapsedTime(start) >= timeout)
                throw new InstallException($"not ready after {timeout.TotalSeconds:0} s. {string.Join("; ", open)}. Try: kubectl depmap status");
            await Task.Delay(Pause, timeProvider, cancellationToken);
        }
    }

    /// <returns>What is not ready.</returns>
    private async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancellationToken)
    {
        var open = new List<string>();
        JsonObject relay = await GetAsync($"{ApiPath.OfKind("Deployment", values.Namespace)}/depmap-relay", cancellationToken);
        await LookAtAsync("relay", values.Namespace, relay, Wanted(relay, "replicas"), Ready(relay, "updatedReplicas", "readyReplicas"), open, cancellationToken);
        JsonObject agents = await GetAsync($"{ApiPath.OfKind("DaemonSet", values.AgentNamespace)}/depmap-agent", cancellationToken);
        int nodes = (int?)agents["status"]?["desiredNumberScheduled"] ?? 0;
        await LookAtAsync("agent", values.AgentNamespace, agents, nodes, Ready(agents, "updatedNumberScheduled", "numberReady"), open, cancellationToken);
        return open;
    }

    private async Task LookAtAsync(
        string component, string space, JsonObject workload, int wanted, int ready, List<string> open, CancellationToken cancellationToken)
    {
        // Until its controller has seen the change, the numbers are about the one before.
        bool isSeen = ((long?)workload["status"]?["observedGeneration"] ?? 0) >= ((long?)workload["metadata"]?["generation"] ?? 0);
        bool isDone = isSeen && ready >= wanted;
        JsonArray pods = await ListAsync($"/api/v1/namespaces/{space}/pods{Pods}", cancellationToken);
        JsonArray warnings = isDone ? [] : await ListAsync($"/api/v1/namespaces/{space}/events?fieldSelector=type%3DWarning", cancellationToken);
        var waiting = new List<string>();
        foreach (JsonObject pod in pods.OfType<JsonObject>())
        {
            string where = (string?)pod["spec"]?["nodeName"] is { } node ? $"{component} on {node}" : component;
            string? why = PodProgress.WaitsFor(pod, LastWarning(warnings, pod.Name));
            // Of what was ready all along nothing needs to be said.
            if (why is not null || _said.ContainsKey(where))
                Say(where, why ?? "ready");
            if (why is not null)
                waiting.Add($"{where}: {why}");
        }

        if (isDone)
            return;
        // Pods that a policy refuses are never made: the controller says so in an event.
        if (pods.Count == 0 && warnings.OfType<JsonObject>().LastOrDefault(warning => (string?)warning["reason"] == "FailedCreate") is { } refused)
        {
            string why = (string?)refused["message"] ?? "its pods are refused";
            Say(component, why);
            waiting.Add($"{component}: {why}");
        }

        open.AddRange(waiting.Count > 0 ? waiting : [$"{component}: {ready} of {wanted} ready"]);
    }

    private void Say(string where, string what)
    {
        if (_said.TryGetValue(where, out string? before) && before == what)
            return;
        _said[where] = what;
        say($"{where}: {what}");
    }

    private static string? LastWarning(JsonArray warnings, string pod) => (string?)warnings.OfType<JsonObject>()
        .LastOrDefault(warning => (string?)warning["involvedObject"]?["name"] == pod)?["message"];

    private static int Wanted(JsonObject workload, string name) => (int?)workload["spec"]?[name] ?? 1;

    private static int Ready(JsonObject workload, string updated, string ready) =>
        Math.Min((int?)workload["status"]?[updated] ?? 0, (int?)workload["status"]?[ready] ?? 0);

    private async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        return answer.Ok ? (JsonObject)answer.Body! : throw new InstallException($"cannot see how far it is: {answer.Message}");
    }

    private async Task<JsonArray> ListAsync(string path, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        return answer.Ok ? answer.Body!["items"] as JsonArray ?? [] : [];
    }
}
