using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>
/// Checks with a dry run whether the cluster admits the pods of a workload. PodSecurity and most policy engines admit the
/// workload itself and refuse its pods, which an installation would only notice by a timeout.
/// </summary>
internal static class Admission
{
    /// <summary>
    /// Parts of the messages of PodSecurity, webhooks and ValidatingAdmissionPolicies. Other errors do not say anything about
    /// the pods: for example, the user may not create pods, or a webhook does not support dry runs.
    /// </summary>
    private static readonly string[] Refusals = ["violates PodSecurity", "denied the request", "denied request"];

    /// <param name="workload">A Deployment or DaemonSet whose namespace exists.</param>
    /// <exception cref="InstallException">Its pods would be refused.</exception>
    public static async Task CheckAsync(IApiServer server, JsonObject workload, CancellationToken cancellationToken)
    {
        JsonNode template = workload["spec"]!["template"]!.DeepClone();
        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = template["metadata"]!.DeepClone(),
            ["spec"] = template["spec"]!.DeepClone(),
        };
        pod.At("metadata")["generateName"] = $"{workload.Name}-";
        string path = $"/api/v1/namespaces/{workload.Namespace}/pods?dryRun=All";
        ApiAnswer response = await server.SendAsync(HttpMethod.Post, path, pod, "application/json", cancellationToken);
        if (!response.Ok && Refusals.Any(text => response.Message.Contains(text, StringComparison.Ordinal)))
        {
            throw new InstallException(
                $"the pods of {workload.Reference} would be refused: {response.Message}. "
                + $"Exempt namespace {workload.Namespace} from that policy");
        }
    }
}
