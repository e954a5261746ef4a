using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>The Secrets with the credentials of the registry, one in each namespace.</summary>
internal static class PullSecretObjects
{
    /// <summary>The objects of an installation with these Secrets after the namespaces.</summary>
    /// <exception cref="InstallException">The credentials cannot be read.</exception>
    public static async Task<IReadOnlyList<JsonObject>> AddAsync(
        IReadOnlyList<JsonObject> objects, InstallRequest request, string version, IApiServer server, CancellationToken cancellationToken)
    {
        if (request.PullSecret is not { } source)
            return objects;
        string[] registries = [.. objects.Where(resource => resource.Kind is "Deployment" or "DaemonSet")
            .Select(workload => (string)workload["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!)
            .Select(ImageReference.RegistryOf).Distinct(StringComparer.Ordinal)];
        string data = await source.ReadAsync(server, registries, cancellationToken);
        InstallValues values = request.Values;
        JsonObject[] secrets =
        [
            Create(values.PullSecret!, values.Namespace, ProductLabels.Relay, version, data),
            Create(values.PullSecret!, values.AgentNamespace, ProductLabels.Agent, version, data),
        ];
        return [.. objects.Where(resource => resource.Kind == "Namespace"), .. secrets, .. objects.Where(it => it.Kind != "Namespace")];
    }

    private static JsonObject Create(string name, string ns, string component, string version, string data) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = ns,
            ["labels"] = new JsonObject
            {
                [ProductLabels.Name] = ProductLabels.Product,
                [ProductLabels.ManagedBy] = ProductLabels.Plugin,
                [ProductLabels.Version] = version,
                [ProductLabels.Component] = component,
            },
        },
        ["type"] = PullSecretSource.Type,
        ["data"] = new JsonObject { [PullSecretSource.Key] = data },
    };
}
