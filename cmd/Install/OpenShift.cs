using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>What differs on OpenShift, which admits pods by its SecurityContextConstraints.</summary>
internal static class OpenShift
{
    public const string Kind = "SecurityContextConstraints";

    /// <summary>The type of container that SELinux allows to load eBPF programs there.</summary>
    public const string AgentSeLinuxType = "spc_t";

    /// <summary>The values with an answer to whether the cluster is OpenShift.</summary>
    public static async Task<InstallValues> DetectAsync(InstallValues values, IApiServer server, CancellationToken cancellationToken) =>
        values.OpenShift is null
            ? values with { OpenShift = await OptionalApi.ExistsAsync(server, Kind, cancellationToken) }
            : values;

    /// <summary>Sets what the agents' SecurityContextConstraints allow to what the agents' pods have.</summary>
    public static void SetConstraints(JsonObject constraints, InstallValues values)
    {
        if (values.LegacyCapabilities)
            constraints["allowedCapabilities"] = new JsonArray("SYS_ADMIN", "SYS_RESOURCE", "NET_ADMIN");
        constraints.At("seLinuxContext", "seLinuxOptions")["type"] = values.Agent.SeLinuxType ?? AgentSeLinuxType;
    }
}
