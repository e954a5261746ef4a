using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>Puts together what the cluster and the relay say about an installation.</summary>
internal sealed class StatusQuestion(IApiServer server, DateTimeOffset now)
{
    /// <summary>Beyond it a flow's time is misleading, and its two sightings may not be known for one.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(1);

    private const string Pods = "/pods?labelSelector=app.kubernetes.io%2Fname%3Ddepmap";

    /// <param name="relaySays">The relay's own answer; null where there is none.</param>
    /// <param name="relayProblem">Why there is none, as a sentence; null where it was not asked.</param>
    /// <exception cref="InstallException">Depmap is not installed, or it may not be seen.</exception>
    public async Task<StatusReport> AskAsync(
        InstallValues values, StatusResponse? relaySays, string? relayProblem, CancellationToken cancellationToken)
    {
        JsonObject? relay = await FindAsync(ApiPath.OfKind("Deployment", values.Namespace) + "/depmap-relay", cancellationToken);
        JsonObject? agents = await FindAsync(ApiPath.OfKind("DaemonSet", values.AgentNamespace) + "/depmap-agent", cancellationToken);
        if (relay is null && agents is null)
            throw new InstallException($"Depmap is not installed in namespace {values.Namespace}. Try: kubectl depmap install");

        var problems = new List<string>();
        if (relay is null || agents is null)
            problems.Add($"the {(relay is null ? "relay" : "agents' DaemonSet")} is missing. Try: kubectl depmap install");

        RelayState relayState = RelayOf(await ListAsync($"/api/v1/namespaces/{values.Namespace}{Pods}", cancellationToken));
        if (relay is not null && relayState.WaitsFor is { } waits)
            problems.Add($"the relay is not ready: {waits}");
        else if (relay is not null && relayProblem is not null)
            problems.Add(relayProblem);

        Dictionary<string, AgentStatus> heard = (relaySays?.Agents ?? []).Where(agent => agent.Hello is not null)
            .GroupBy(agent => agent.Hello.Node).ToDictionary(group => group.Key, group => group.MaxBy(agent => agent.LastHeardUnixNs)!);
        Dictionary<string, string> kernels = (await ListAsync("/api/v1/nodes", cancellationToken)).OfType<JsonObject>()
            .ToDictionary(node => node.Name, node => (string?)node["status"]?["nodeInfo"]?["kernelVersion"] ?? "");
        AgentState[] states =
        [
            .. (await ListAsync($"/api/v1/namespaces/{values.AgentNamespace}{Pods}", cancellationToken)).OfType<JsonObject>()
                .Select(pod => AgentOf(pod, kernels, heard)).OrderBy(state => state.Node, StringComparer.Ordinal),
        ];
        problems.AddRange(states.Select(state => Problem(state, isAsked: relaySays is not null)).OfType<string>());
        problems.AddRange(StatusNotes.Problems(states));
        int wanted = (int?)agents?["status"]?["desiredNumberScheduled"] ?? 0;
        if (states.Length < wanted)
            problems.Add($"{wanted - states.Length} of {wanted} agents have no pod. Try: kubectl -n {values.AgentNamespace} describe daemonset depmap-agent");

        DateTimeOffset? end = await CertificatesEndAsync(values, cancellationToken);
        if (end <= now)
            problems.Add($"the certificates ended at {end:yyyy-MM-dd}, so agents cannot reach the relay. Try: kubectl depmap install");
        else if (end <= now + Certificates.Reserve)
            problems.Add($"the certificates end at {end:yyyy-MM-dd}. Try: kubectl depmap install, which renews them");
        problems.AddRange((relaySays?.Api?.Outages ?? []).Select(
            outage => $"the relay has no news of {outage.Kind}, so names may be old: the API server {outage.Reason}"));
        ApiUsage? api = relaySays?.Api is { } asked ? new ApiUsage(asked.ListRequests, asked.WatchRequests, asked.Bytes) : null;
        return new StatusReport(relayState, states, end, api, StatusNotes.Notes(states), problems);
    }

    private static RelayState RelayOf(JsonArray pods)
    {
        // While one replaces another, the newer one counts.
        JsonObject? pod = pods.OfType<JsonObject>().MaxBy(pod => (string?)pod["metadata"]?["creationTimestamp"], StringComparer.Ordinal);
        return pod is null
            ? new RelayState(null, null, "it has no pod")
            : new RelayState(VersionOf(pod), (string?)pod["spec"]?["nodeName"], PodProgress.WaitsFor(pod, warning: null));
    }

    private static AgentState AgentOf(JsonObject pod, Dictionary<string, string> kernels, Dictionary<string, AgentStatus> heard)
    {
        string node = (string?)pod["spec"]?["nodeName"] ?? "";
        AgentSeen? seen = heard.TryGetValue(node, out AgentStatus? status)
            ? new AgentSeen(
                status.Hello.AttachMode,
                status.Hello.Features,
                status.Connected,
                status.Interfaces,
                status.Attachments,
                status.Lost is { } lost ? lost.Moments + lost.Evictions + lost.Drops + lost.Sightings + lost.Answers + lost.HostConnections : 0,
                status.LastHeardUnixNs > 0 ? UnixTime.Utc(status.LastHeardUnixNs) : null,
                status.HasClockSkewNs ? TimeSpan.FromTicks(status.ClockSkewNs / 100) : null,
                status.FlowsPerSecond)
            : null;
        return new AgentState(node, VersionOf(pod), kernels.GetValueOrDefault(node, status?.Hello.Kernel ?? ""), PodProgress.WaitsFor(pod, warning: null), seen);
    }

    private static string? Problem(AgentState agent, bool isAsked)
    {
        string name = agent.Node.Length > 0 ? $"the agent on {agent.Node}" : "an agent";
        if (agent.WaitsFor is { } waits)
            return $"{name} is not ready: {waits}";
        if (isAsked && agent.Seen is not { Connected: true })
            return $"{name} does not report to the relay. Try: kubectl logs, of its pod";
        return agent.Seen?.ClockSkew is { } skew && skew.Duration() > LargestSkew
            ? $"the clock of node {agent.Node} is {skew.Duration().TotalSeconds:0.0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} the relay's. Try: see that both nodes' clocks are kept by NTP"
            : null;
    }

    private static string? VersionOf(JsonObject it) => (string?)it["metadata"]?["labels"]?["app.kubernetes.io/version"];

    private async Task<DateTimeOffset?> CertificatesEndAsync(InstallValues values, CancellationToken cancellationToken)
    {
        DateTimeOffset? first = null;
        foreach ((string space, string name) in ((string, string)[])[(values.Namespace, "depmap-relay-tls"), (values.AgentNamespace, "depmap-agent-tls")])
        {
            // Whoever may see pods may often see no Secrets.
            ApiAnswer answer = await server.SendAsync(HttpMethod.Get, $"{ApiPath.OfKind("Secret", space)}/{name}", null, null, cancellationToken);
            if (answer.Ok && Certificates.End((JsonObject)answer.Body!) is { } end && !(end >= first))
                first = end;
        }

        return first;
    }

    private async Task<JsonObject?> FindAsync(string path, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        if (answer.Status == 404)
            return null;
        return answer.Ok ? (JsonObject)answer.Body! : throw new InstallException($"cannot see how Depmap is: {answer.Message}");
    }

    private async Task<JsonArray> ListAsync(string path, CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        return answer.Ok ? answer.Body!["items"] as JsonArray ?? [] : [];
    }
}
