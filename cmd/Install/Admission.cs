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
    // For a ResourceQuota that was applied just before.
    private static readonly TimeSpan QuotaTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <param name="workload">A Deployment or DaemonSet whose namespace exists.</param>
    /// <exception cref="InstallException">Its pods would be refused.</exception>
    public static async Task CheckAsync(
        IApiServer server, JsonObject workload, bool dryRun, TimeProvider timeProvider, CancellationToken cancellationToken)
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
        long start = timeProvider.GetTimestamp();
        ApiAnswer response = await server.SendAsync(HttpMethod.Post, path, pod, "application/json", cancellationToken);
        while (!response.Ok && PodRefusal.IsNewQuota(response.Message))
        {
            if (dryRun) // which does not create the quota
                return;
            if (timeProvider.GetElapsedTime(start) >= QuotaTimeout)
                break;
            await Task.Delay(PollInterval, timeProvider, cancellationToken);
            response = await server.SendAsync(HttpMethod.Post, path, pod, "application/json", cancellationToken);
        }

        if (!response.Ok && PodRefusal.IsFinal(response.Message))
        {
            throw new InstallException(
                $"the pods of {workload.Reference} would be refused: {response.Message}. "
                + PodRefusal.Advice(response.Message, workload.Namespace!));
        }
    }
}
