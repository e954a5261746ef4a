using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>Collects the state of an installation from the cluster and the relay.</summary>
internal sealed class StatusCollector(IApiServer server, ProgramName program, DateTimeOffset now)
{
    /// <summary>The relay corrects a skew of two seconds or more, but such a clock is wrong for all that runs on the node.</summary>
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(1);

    /// <param name="relayStatus">The relay's response; null if it did not respond.</param>
    /// <param name="relayError">Why it did not respond.</param>
    /// <exception cref="InstallException">Depmap is not installed, or its objects cannot be read.</exception>
    public async Task<StatusReport> CollectAsync(
        InstallValues values, StatusResponse? relayStatus, string? relayError, CancellationToken cancellationToken)
    {
        JsonObject? deployment = await FindAsync("Deployment", values, ProductNames.Relay, cancellationToken);
        JsonObject? daemonSet = await FindAsync("DaemonSet", values, ProductNames.Agent, cancellationToken);
        if (deployment is null && daemonSet is null)
            throw new InstallException($"Depmap is not installed in namespace {values.Namespace}. Try: {program} install");

        var errors = new List<string>();
        if (deployment is null || daemonSet is null)
            errors.Add($"the {(deployment is null ? "relay" : "agents' DaemonSet")} is missing. Try: {program} install");

        RelayState relay = RelayOf(await ListPodsAsync(values.Namespace, values, cancellationToken));
        if (deployment is not null && relay.NotReadyReason is { } reason)
            errors.Add($"the relay is not ready: {reason}");
        else if (deployment is not null && relayError is not null)
            errors.Add(relayError);

        (ClusterNode[] nodes, string? nodesError) = await ListNodesAsync(cancellationToken);
        IReadOnlyList<AgentState> agents = await CollectAgentsAsync(values, nodes, relayStatus, cancellationToken);
        HashSet<string> unable = [.. nodes.Where(node => node.Obstacle is not null).Select(node => node.Name)];
        errors.AddRange(agents.Where(agent => !unable.Contains(agent.Node))
            .Select(agent => ErrorOf(agent, hasRelayStatus: relayStatus is not null)).OfType<string>());
        errors.AddRange(StatusNotes.Errors(agents));
        errors.AddRange((relayStatus?.RefusedAgents ?? []).Select(Describe));
        int desired = (int?)daemonSet?["status"]?["desiredNumberScheduled"] ?? 0;
        if (agents.Count < desired)
        {
            errors.Add($"{desired - agents.Count} of {desired} agents have no pod. "
                + $"Try: kubectl -n {values.AgentNamespace} describe daemonset {ProductNames.Agent}");
        }

        var certificates = CertificateReport.Of(relayStatus?.Certificates);
        errors.AddRange(certificates?.Errors(now, program) ?? []);
        errors.AddRange((relayStatus?.Api?.Outages ?? []).Select(
            outage => $"the relay receives no updates of {outage.Kind}, so names may be out of date: the API server {outage.Reason}"));
        ApiUsage? api = relayStatus?.Api is { } usage ? new ApiUsage(usage.ListRequests, usage.WatchRequests, usage.Bytes) : null;
        string? unobserved = UnobservedNodes.Describe(nodes.Length, [.. UnobservedOf(nodes, agents)]);
        string?[] nodeNotes = [nodesError, unobserved, ObservationGaps.Describe(relayStatus?.Gaps ?? [])];
        string[] notes =
        [
            .. nodeNotes.OfType<string>(),
            .. StatusNotes.Notes(agents),
            .. (relayStatus?.AddressConflicts ?? []).Select(StatusNotes.Conflict),
            .. RelayBounds.Notes(relayStatus),
            .. relayStatus is { HistoryProblem.Length: > 0 } ? [relayStatus.HistoryProblem] : Array.Empty<string>(),
        ];
        return new StatusReport(relay, agents, certificates, api, notes, errors);
    }

    private async Task<IReadOnlyList<AgentState>> CollectAgentsAsync(
        InstallValues values, ClusterNode[] nodes, StatusResponse? relayStatus, CancellationToken cancellationToken)
    {
        Dictionary<string, AgentStatus> reports = (relayStatus?.Agents ?? []).Where(agent => agent.Hello is not null)
            .GroupBy(agent => agent.Hello.Node).ToDictionary(group => group.Key, group => group.MaxBy(agent => agent.LastHeardUnixNs)!);
        var byName = nodes.ToDictionary(node => node.Name);
        return [.. (await ListPodsAsync(values.AgentNamespace, values, cancellationToken)).OfType<JsonObject>()
            .Select(pod => AgentOf(pod, byName, reports)).OrderBy(agent => agent.Node, StringComparer.Ordinal)];
    }

    private static IEnumerable<(string Node, string Reason)> UnobservedOf(ClusterNode[] nodes, IReadOnlyList<AgentState> agents)
    {
        HashSet<string> withAgent = [.. agents.Select(agent => agent.Node)];
        return from node in nodes
               let reason = node.ReasonToSkip ?? (withAgent.Contains(node.Name) ? null : "it has no agent")
               where reason is not null
               select (node.Name, reason);
    }

    private static RelayState RelayOf(JsonArray pods)
    {
        // During an update there are two; the newer one counts.
        JsonObject? pod = pods.OfType<JsonObject>().MaxBy(pod => (string?)pod["metadata"]?["creationTimestamp"], StringComparer.Ordinal);
        if (pod is null)
            return new RelayState(null, null, "it has no pod");
        string? reason = PodReadiness.NotReadyReason(pod, warning: null);
        if (reason is not null && pods.OfType<JsonObject>().Any(other => PodReadiness.NotReadyReason(other, warning: null) is null))
            reason += "; the previous relay still serves";
        return new RelayState(pod.Label(ProductLabels.Version), (string?)pod["spec"]?["nodeName"], reason);
    }

    private static AgentState AgentOf(JsonObject pod, Dictionary<string, ClusterNode> nodes, Dictionary<string, AgentStatus> reports)
    {
        string node = (string?)pod["spec"]?["nodeName"] ?? "";
        ClusterNode? known = nodes.GetValueOrDefault(node);
        string? reason = PodReadiness.NotReadyReason(pod, warning: null);
        AgentStatus? status = reports.GetValueOrDefault(node);
        return new AgentState(
            node,
            $"-n {pod.Namespace} {pod.Name}",
            pod.Label(ProductLabels.Version),
            known?.Kernel ?? status?.Hello.Kernel ?? "",
            // The pod's own state is that of the time when its node was lost.
            reason is not null && known is { IsReady: false } ? "its node is not ready" : reason,
            status is null ? null : ReportOf(status));
    }

    private static AgentReport ReportOf(AgentStatus status) => new(
        status.Hello.AttachMode,
        status.Hello.Features,
        status.Connected,
        status.Interfaces,
        status.Attachments,
        status.Lost is { } lost ? lost.Moments + lost.Evictions + lost.Drops + lost.Connections + lost.Answers + lost.HostConnections : 0,
        status.LastHeardUnixNs > 0 ? UnixTime.ToUtc(status.LastHeardUnixNs) : null,
        status.HasClockSkewNs ? TimeSpan.FromTicks(status.ClockSkewNs / TimeSpan.NanosecondsPerTick) : null,
        status.FlowsPerSecond,
        status.InvalidReports);

    private static string Describe(RefusedAgent agent) => $"the relay refuses {agent.Reason}"
        + (agent.Times > 1 ? $" ({agent.Times} times in the last hour)" : "");

    private static string? ErrorOf(AgentState agent, bool hasRelayStatus)
    {
        string name = agent.Node.Length > 0 ? $"the agent on {agent.Node}" : "an agent";
        if (agent.NotReadyReason is { } reason)
            return $"{name} is not ready: {reason}";
        if (hasRelayStatus && agent.Report is not { Connected: true })
            return $"{name} does not report to the relay. Try: kubectl logs {agent.Pod}";
        return agent.Report?.ClockSkew is { } skew && skew.Duration() > MaxClockSkew
            ? $"the clock of node {agent.Node} is {skew.Duration().TotalSeconds:0.0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} "
                + "the clock of the relay's node. Try: check NTP on both nodes"
            : null;
    }

    private async Task<JsonObject?> FindAsync(string kind, InstallValues values, string name, CancellationToken cancellationToken)
    {
        string ns = kind == "DaemonSet" ? values.AgentNamespace : values.Namespace;
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, $"{ApiPath.OfKind(kind, ns)}/{name}", null, null, cancellationToken);
        if (response.Status == 404)
            return null;
        if (response.Status == 403)
            throw Forbidden("get", ApiPath.ResourceOf(kind).Plural, ns, values);

        return response.Ok
            ? (JsonObject)response.Body!
            : throw new InstallException($"cannot get {kind.ToLowerInvariant()}/{name} in namespace {ns}: {response.Message}");
    }

    /// <exception cref="InstallException">They cannot be listed, which must not look as if there were none.</exception>
    private async Task<JsonArray> ListPodsAsync(string ns, InstallValues values, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(
            HttpMethod.Get, $"/api/v1/namespaces/{ns}/pods{ProductLabels.AllQuery}", null, null, cancellationToken);
        if (response.Status == 403)
            throw Forbidden("list", "pods", ns, values);
        return response.Ok
            ? response.Body!["items"] as JsonArray ?? []
            : throw new InstallException($"cannot list pods in namespace {ns}: {response.Message}");
    }

    /// <returns>Without nodes, a note why: the agents' pods say most of the state.</returns>
    private async Task<(ClusterNode[] Nodes, string? Note)> ListNodesAsync(CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, "/api/v1/nodes", null, null, cancellationToken);
        if (response.Ok)
            return ([.. (response.Body!["items"] as JsonArray ?? []).OfType<JsonObject>().Select(ClusterNode.Of)], null);
        string reason = response.Status == 403 ? "you are not allowed to list nodes" : $"cannot list nodes: {response.Message}";
        return ([], $"nodes without an agent are not known: {reason}");
    }

    private static InstallException Forbidden(string verb, string resource, string ns, InstallValues values) =>
        new($"you are not allowed to {verb} {resource} in namespace {ns}. Ask an administrator for these roles and bindings to them:")
        {
            Details = RbacHint.StatusRoles(values.Namespace, values.AgentNamespace),
        };
}
