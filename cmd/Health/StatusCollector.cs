using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>Collects the state of an installation from the cluster and the relay.</summary>
internal sealed class StatusCollector(IApiServer server, ProgramName program, DateTimeOffset now)
{
    /// <summary>With a larger skew, times of flows are misleading, and two sightings of one connection may not be joined.</summary>
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(1);

    /// <param name="relayStatus">The relay's response; null if it did not respond.</param>
    /// <param name="relayError">Why it did not respond.</param>
    /// <exception cref="InstallException">Depmap is not installed, or its objects cannot be read.</exception>
    public async Task<StatusReport> CollectAsync(
        InstallValues values, StatusResponse? relayStatus, string? relayError, CancellationToken cancellationToken)
    {
        JsonObject? deployment = await FindAsync("Deployment", values.Namespace, ProductNames.Relay, cancellationToken);
        JsonObject? daemonSet = await FindAsync("DaemonSet", values.AgentNamespace, ProductNames.Agent, cancellationToken);
        if (deployment is null && daemonSet is null)
            throw new InstallException($"Depmap is not installed in namespace {values.Namespace}. Try: {program} install");

        var errors = new List<string>();
        if (deployment is null || daemonSet is null)
            errors.Add($"the {(deployment is null ? "relay" : "agents' DaemonSet")} is missing. Try: {program} install");

        RelayState relay = RelayOf(await ListPodsAsync(values.Namespace, cancellationToken));
        if (deployment is not null && relay.NotReadyReason is { } reason)
            errors.Add($"the relay is not ready: {reason}");
        else if (deployment is not null && relayError is not null)
            errors.Add(relayError);

        IReadOnlyList<AgentState> agents = await CollectAgentsAsync(values, relayStatus, cancellationToken);
        errors.AddRange(agents.Select(agent => ErrorOf(agent, hasRelayStatus: relayStatus is not null)).OfType<string>());
        errors.AddRange(StatusNotes.Errors(agents));
        int desired = (int?)daemonSet?["status"]?["desiredNumberScheduled"] ?? 0;
        if (agents.Count < desired)
        {
            errors.Add($"{desired - agents.Count} of {desired} agents have no pod. "
                + $"Try: kubectl -n {values.AgentNamespace} describe daemonset {ProductNames.Agent}");
        }

        DateTimeOffset? expiry = await CertificateExpiryAsync(values, cancellationToken);
        if (expiry <= now)
            errors.Add($"the certificates expired on {expiry:yyyy-MM-dd}, so agents cannot connect to the relay. Try: {program} install");
        else if (expiry <= now + Certificates.RenewalPeriod)
            errors.Add($"the certificates expire on {expiry:yyyy-MM-dd}. Try: {program} install, which renews them");
        errors.AddRange((relayStatus?.Api?.Outages ?? []).Select(
            outage => $"the relay receives no updates of {outage.Kind}, so names may be out of date: the API server {outage.Reason}"));
        ApiUsage? api = relayStatus?.Api is { } usage ? new ApiUsage(usage.ListRequests, usage.WatchRequests, usage.Bytes) : null;
        return new StatusReport(relay, agents, expiry, api, StatusNotes.Notes(agents), errors);
    }

    private async Task<IReadOnlyList<AgentState>> CollectAgentsAsync(
        InstallValues values, StatusResponse? relayStatus, CancellationToken cancellationToken)
    {
        Dictionary<string, AgentStatus> reports = (relayStatus?.Agents ?? []).Where(agent => agent.Hello is not null)
            .GroupBy(agent => agent.Hello.Node).ToDictionary(group => group.Key, group => group.MaxBy(agent => agent.LastHeardUnixNs)!);
        Dictionary<string, string> kernels = (await ListAsync("/api/v1/nodes", cancellationToken)).OfType<JsonObject>()
            .ToDictionary(node => node.Name, node => (string?)node["status"]?["nodeInfo"]?["kernelVersion"] ?? "");
        return [.. (await ListPodsAsync(values.AgentNamespace, cancellationToken)).OfType<JsonObject>()
            .Select(pod => AgentOf(pod, kernels, reports)).OrderBy(agent => agent.Node, StringComparer.Ordinal)];
    }

    private static RelayState RelayOf(JsonArray pods)
    {
        // During an update there are two; the newer one counts.
        JsonObject? pod = pods.OfType<JsonObject>().MaxBy(pod => (string?)pod["metadata"]?["creationTimestamp"], StringComparer.Ordinal);
        return pod is null
            ? new RelayState(null, null, "it has no pod")
            : new RelayState(
                pod.Label(ProductLabels.Version), (string?)pod["spec"]?["nodeName"], PodReadiness.NotReadyReason(pod, warning: null));
    }

    private static AgentState AgentOf(JsonObject pod, Dictionary<string, string> kernels, Dictionary<string, AgentStatus> reports)
    {
        string node = (string?)pod["spec"]?["nodeName"] ?? "";
        AgentStatus? status = reports.GetValueOrDefault(node);
        return new AgentState(
            node,
            $"-n {pod.Namespace} {pod.Name}",
            pod.Label(ProductLabels.Version),
            kernels.GetValueOrDefault(node, status?.Hello.Kernel ?? ""),
            PodReadiness.NotReadyReason(pod, warning: null),
            status is null ? null : ReportOf(status));
    }

    private static AgentReport ReportOf(AgentStatus status) => new(
        status.Hello.AttachMode,
        status.Hello.Features,
        status.Connected,
        status.Interfaces,
        status.Attachments,
        status.Lost is { } lost ? lost.Moments + lost.Evictions + lost.Drops + lost.Sightings + lost.Answers + lost.HostConnections : 0,
        status.LastHeardUnixNs > 0 ? UnixTime.ToUtc(status.LastHeardUnixNs) : null,
        status.HasClockSkewNs ? TimeSpan.FromTicks(status.ClockSkewNs / TimeSpan.NanosecondsPerTick) : null,
        status.FlowsPerSecond);

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

    private async Task<DateTimeOffset?> CertificateExpiryAsync(InstallValues values, CancellationToken cancellationToken)
    {
        DateTimeOffset? first = null;
        (string Namespace, string Name)[] secrets =
            [(values.Namespace, ProductNames.RelayCertificate), (values.AgentNamespace, ProductNames.AgentCertificate)];
        foreach ((string ns, string name) in secrets)
        {
            // Users who may read pods often may not read Secrets.
            ApiAnswer response = await server.SendAsync(
                HttpMethod.Get, $"{ApiPath.OfKind("Secret", ns)}/{name}", null, null, cancellationToken);
            if (response.Ok && Certificates.ExpiryOf((JsonObject)response.Body!) is { } expiry && !(expiry >= first))
                first = expiry;
        }

        return first;
    }

    private async Task<JsonObject?> FindAsync(string kind, string ns, string name, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, $"{ApiPath.OfKind(kind, ns)}/{name}", null, null, cancellationToken);
        if (response.Status == 404)
            return null;
        return response.Ok
            ? (JsonObject)response.Body!
            : throw new InstallException($"cannot get {kind.ToLowerInvariant()}/{name} in namespace {ns}: {response.Message}");
    }

    private Task<JsonArray> ListPodsAsync(string ns, CancellationToken cancellationToken) =>
        ListAsync($"/api/v1/namespaces/{ns}/pods{ProductLabels.AllQuery}", cancellationToken);

    private async Task<JsonArray> ListAsync(string path, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, path, null, null, cancellationToken);
        return response.Ok ? response.Body!["items"] as JsonArray ?? [] : [];
    }
}
