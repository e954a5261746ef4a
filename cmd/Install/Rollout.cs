using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>
/// Waits until the relay and the agents are ready, and reports why they are not. Nodes that are not ready, and nodes that cannot
/// run the agent, are not waited for.
/// </summary>
internal sealed class Rollout(
    IApiServer server, InstallValues values, NodeTable nodes, ProgramName program, TimeProvider timeProvider, RolloutReport report)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The last reported reason by pod: during an update, a node may have two of the relay.</summary>
    private readonly Dictionary<string, string?> _reported = new(StringComparer.Ordinal);

    private readonly RefusedPods _refusedRelay = new();
    private readonly RefusedPods _refusedAgents = new();

    /// <summary>Call this before objects are applied: from then on, refused pods end the wait.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        _refusedRelay.Ignore(await WarningsAsync(values.Namespace, cancellationToken));
        _refusedAgents.Ignore(await WarningsAsync(values.AgentNamespace, cancellationToken));
    }

    /// <returns>The nodes that are not observed, and why.</returns>
    /// <param name="partial">Whether to succeed after <paramref name="timeout"/> if at least one agent is ready.</param>
    /// <exception cref="InstallException">It took longer than <paramref name="timeout"/>, or pods are refused.</exception>
    public async Task<IReadOnlyList<(string Node, string Reason)>> WaitAsync(
        TimeSpan timeout, bool partial, CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> relay = await PollRelayAsync(cancellationToken);
            AgentProgress agents = await PollAgentsAsync(cancellationToken);
            bool isOver = timeProvider.GetElapsedTime(start) >= timeout;
            if (relay.Count == 0 && (agents.Pending.Count == 0 || (isOver && partial && agents.Ready > 0)))
                return Unobserved(agents);
            if (isOver)
            {
                IEnumerable<string> pending = [.. relay, .. agents.Pending.Select(pending => pending.Text)];
                throw new InstallException(
                    $"not ready after {timeout.TotalSeconds:0} s. {string.Join("; ", pending)}. Try: {program} status");
            }

            await Task.Delay(PollInterval, timeProvider, cancellationToken);
            await nodes.RefreshAsync(cancellationToken);
        }
    }

    private List<(string, string)> Unobserved(AgentProgress agents)
    {
        var reasons = nodes.All.Where(node => node.ReasonToSkip is not null)
            .ToDictionary(node => node.Name, node => node.ReasonToSkip!, StringComparer.Ordinal);
        foreach (PendingAgent pending in agents.Pending.Where(pending => pending.Node is not null))
            reasons.TryAdd(pending.Node!, pending.Reason);
        return [.. reasons.Select(pair => (pair.Key, pair.Value))];
    }

    /// <returns>Why the relay is not ready; empty if it is.</returns>
    private async Task<IReadOnlyList<string>> PollRelayAsync(CancellationToken cancellationToken)
    {
        JsonObject relay = await GetAsync("Deployment", values.Namespace, ProductNames.Relay, cancellationToken);
        int desired = (int?)relay["spec"]?["replicas"] ?? 1;
        // A new relay is started beside the old one, which is ready and not yet ended.
        bool hasOld = (int?)relay["status"]?["replicas"] > (int?)relay["status"]?["updatedReplicas"];
        int ready = hasOld ? 0 : Ready(relay, "updatedReplicas", "readyReplicas");
        bool isReady = IsObserved(relay) && ready >= desired;
        (JsonObject[] pods, JsonArray warnings) = await PodsAsync(values.Namespace, isReady, cancellationToken);
        var reasons = new List<string>();
        foreach (JsonObject pod in pods)
        {
            if (Report(ProductLabels.Relay, pod, warnings) is { } reason && !isReady)
                reasons.Add($"{SubjectOf(ProductLabels.Relay, pod)}: {reason}");
        }

        if (isReady)
            return [];
        if (RefusalOf(_refusedRelay, warnings, "deployment", ProductNames.Relay, values.Namespace, isLacking: pods.Length == 0)
            is { } refusal)
        {
            reasons.Add($"{ProductLabels.Relay}: {refusal}");
        }

        return reasons.Count > 0 ? reasons : [$"{ProductLabels.Relay}: {ready} of {desired} ready"];
    }

    private async Task<AgentProgress> PollAgentsAsync(CancellationToken cancellationToken)
    {
        JsonObject agents = await GetAsync("DaemonSet", values.AgentNamespace, ProductNames.Agent, cancellationToken);
        int desired = (int?)agents["status"]?["desiredNumberScheduled"] ?? 0;
        int ready = Ready(agents, "updatedNumberScheduled", "numberReady");
        bool isReady = IsObserved(agents) && ready >= desired;
        (JsonObject[] pods, JsonArray warnings) = await PodsAsync(values.AgentNamespace, isReady, cancellationToken);
        string? generation = agents.Annotation("deprecated.daemonset.template.generation");
        var pending = new List<PendingAgent>();
        foreach (JsonObject pod in pods)
        {
            string? reason = Report(ProductLabels.Agent, pod, warnings);
            if (reason is null && generation is not null && pod.Label("pod-template-generation") is { } own && own != generation)
                reason = "not updated yet";
            string? node = (string?)pod["spec"]?["nodeName"];
            if (reason is not null && (node is null || nodes.ReasonToSkip(node) is null))
                pending.Add(new PendingAgent(node, reason, $"{SubjectOf(ProductLabels.Agent, pod)}: {reason}"));
        }

        if (isReady)
            return new AgentProgress(ready, []);
        int missing = desired - pods.Select(pod => (string?)pod["spec"]?["nodeName"]).Distinct().Count();
        if (RefusalOf(_refusedAgents, warnings, "daemonset", ProductNames.Agent, values.AgentNamespace, isLacking: missing > 0)
            is { } refusal)
        {
            pending.Add(new PendingAgent(null, refusal, $"{ProductLabels.Agent}: {refusal}"));
        }

        if (pending.Count == 0 && (!IsObserved(agents) || missing > 0))
            pending.Add(new PendingAgent(null, "", $"{ProductLabels.Agent}: {ready} of {desired} ready"));
        return new AgentProgress(ready, pending);
    }

    /// <summary>Reports the state of a pod if it has changed.</summary>
    /// <returns>Why the pod is not ready; null if it is.</returns>
    private string? Report(string component, JsonObject pod, JsonArray warnings)
    {
        string? node = (string?)pod["spec"]?["nodeName"];
        string? reason = PodReadiness.NotReadyReason(pod, LastWarning(warnings, pod.Name));
        // The pod's own state is that of the time when its node was lost.
        if (reason is not null && node is not null && nodes.ReasonToSkip(node) is { } skipped)
            reason = skipped;
        // Pods that were ready all the time are not reported.
        if (_reported.GetValueOrDefault(pod.Name) != reason)
        {
            report(SubjectOf(component, pod), reason);
            _reported[pod.Name] = reason;
        }

        return reason;
    }

    /// <returns>Why pods are missing, if the controller reports it.</returns>
    /// <exception cref="InstallException">They are refused, and will be.</exception>
    private string? RefusalOf(RefusedPods refused, JsonArray warnings, string kind, string name, string ns, bool isLacking)
    {
        string? refusal = isLacking ? refused.Last(warnings, name) : null;
        if (refused.IsPersistent(refusal))
        {
            throw new InstallException(
                $"the pods of {kind}/{name} are refused: {refusal}. {PodRefusal.Advice(refusal!, ns)}");
        }

        return refusal;
    }

    private async Task<(JsonObject[] Pods, JsonArray Warnings)> PodsAsync(string ns, bool isReady, CancellationToken cancellationToken)
    {
        JsonArray pods = await ListAsync($"/api/v1/namespaces/{ns}/pods{ProductLabels.AllQuery}", cancellationToken);
        return ([.. pods.OfType<JsonObject>()], isReady ? [] : await WarningsAsync(ns, cancellationToken));
    }

    private Task<JsonArray> WarningsAsync(string ns, CancellationToken cancellationToken) =>
        ListAsync($"/api/v1/namespaces/{ns}/events?fieldSelector=type%3DWarning", cancellationToken);

    private static string SubjectOf(string component, JsonObject pod) =>
        (string?)pod["spec"]?["nodeName"] is { } node ? $"{component} on {node}" : component;

    private static string? LastWarning(JsonArray warnings, string pod) => (string?)warnings.OfType<JsonObject>()
        .LastOrDefault(warning => (string?)warning["involvedObject"]?["name"] == pod)?["message"];

    // Until its controller has observed the change, the status is that of the previous generation.
    private static bool IsObserved(JsonObject workload) =>
        ((long?)workload["status"]?["observedGeneration"] ?? 0) >= ((long?)workload["metadata"]?["generation"] ?? 0);

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

    /// <param name="Ready">The number of ready agents.</param>
    private sealed record AgentProgress(int Ready, IReadOnlyList<PendingAgent> Pending);

    /// <param name="Node">Null if the pod has no node yet, or does not exist.</param>
    /// <param name="Text">The line for the user.</param>
    private sealed record PendingAgent(string? Node, string Reason, string Text);
}
