using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>
/// Asks by a dry run whether the cluster lets the pods of a workload in. PodSecurity and most policy engines let the
/// workload itself in and refuse its pods, which would be found out only by waiting for them.
/// </summary>
internal static class Admission
{
    /// <summary>
    /// How PodSecurity, webhooks and ValidatingAdmissionPolicies refuse. Any other refusal is of the question: who may
    /// not create pods, a webhook that takes no dry run.
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
        ApiAnswer answer = await server.SendAsync(HttpMethod.Post, path, pod, "application/json", cancellationToken);
        if (!answer.Ok && Refusals.Any(words => answer.Message.Contains(words, StringComparison.Ordinal)))
            throw new InstallException($"the pods of {workload.Reference} would be refused: {answer.Message}. Does that policy exempt namespaces? This one is {workload.Namespace}");
    }
}
