using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>
/// An installation that removes itself. The relay deletes its namespace when the time is over; what lies outside of
/// it (the agents' namespace, the roles) has it as its owner and is collected by Kubernetes.
/// </summary>
internal static class Trial
{
    /// <summary>The objects of a trial: those of an installation, with the end and the right to bring it about.</summary>
    public static IReadOnlyList<JsonObject> Build(InstallValues values, string version, DateTimeOffset end)
    {
        string term = $"{values.Namespace}@{end.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
        JsonObject[] objects = [.. InstallObjects.Build(values with { IsTrial = true }, version)];
        objects.Single(it => it.Kind == "ConfigMap" && it.Component == "relay").At("data")["DEPMAP_TRIAL"] = term;
        JsonNode rule = objects.Single(it => it.Kind == "ClusterRole" && it.Name == "depmap-try")["rules"]![0]!;
        rule["resourceNames"] = new JsonArray(values.Namespace);
        return objects;
    }

    /// <summary>Makes the relay's namespace the owner of all that does not lie in a namespace.</summary>
    /// <param name="owner">The Namespace, as the cluster has it.</param>
    public static void Own(IEnumerable<JsonObject> objects, JsonObject owner)
    {
        foreach (JsonObject it in objects.Where(it => it.Namespace is null && it.Name != owner.Name))
        {
            it.At("metadata")["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["name"] = owner.Name,
                ["uid"] = owner["metadata"]!["uid"]?.DeepClone(),
            });
        }
    }

    /// <exception cref="InstallException">Something is there that a trial would take away with it.</exception>
    public static async Task CheckRoomAsync(IApiServer server, InstallValues values, string program, CancellationToken cancellationToken)
    {
        ApiAnswer binding = await server.SendAsync(
            HttpMethod.Get, ApiPath.OfKind("ClusterRoleBinding", null) + "/depmap-relay", null, null, cancellationToken);
        if (binding.Ok)
            throw new InstallException($"Depmap is installed in this cluster. Try: {program} observe -f, or {program} uninstall first");
        foreach (string space in (string[])[values.Namespace, values.AgentNamespace])
        {
            ApiAnswer answer = await server.SendAsync(HttpMethod.Get, $"{ApiPath.OfKind("Namespace", null)}/{space}", null, null, cancellationToken);
            if (answer.Ok)
                throw new InstallException($"namespace {space} exists, and a trial deletes its namespaces when it ends. Try: --namespace with another name");
        }
    }
}
