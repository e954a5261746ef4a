using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Sets the configurable fields in the objects of <c>manifests/</c>.</summary>
internal static class InstallObjects
{
    /// <param name="version">The tag of the images and the version label, such as <c>0.1.0</c>.</param>
    public static IReadOnlyList<JsonObject> Build(InstallValues values, string version)
    {
        var pods = new PodFields(values, BuildImages.OfThisProgram, version);
        JsonObject[] objects = [.. Manifests.Read(values)];
        foreach (JsonObject resource in objects)
        {
            SetNamespaces(resource, values);
            resource.At("metadata", "labels")[ProductLabels.Version] = version;
            switch (resource.Kind)
            {
                case "ConfigMap":
                    SetVariables(resource, values);
                    break;
                case "Certificate":
                    CertificateFields.SetCertificate(resource, values);
                    break;
                case "PersistentVolumeClaim":
                    SetVolume(resource, values);
                    break;
                case "Service" when values.Relay.IntakePort is { } port:
                    resource["spec"]!["ports"]![0]!["port"] = port;
                    break;
                case OpenShift.Kind:
                    OpenShift.SetConstraints(resource, values);
                    break;
                case "ResourceQuota" when values.Agent.PriorityClass is { } priorityClass:
                    resource["spec"]!["scopeSelector"]!["matchExpressions"]![0]!["values"] = new JsonArray(priorityClass);
                    break;
                case "Deployment" or "DaemonSet":
                    pods.Set(resource);
                    break;
            }
        }

        return objects;
    }

    private static void SetNamespaces(JsonObject resource, InstallValues values)
    {
        if (resource.Kind == "Namespace")
            resource.At("metadata")["name"] = NamespaceFor(resource.Name, values);
        if (resource.Namespace is { } ns)
            resource.At("metadata")["namespace"] = NamespaceFor(ns, values);
        foreach (JsonNode? subject in resource["subjects"] as JsonArray ?? [])
            subject!["namespace"] = NamespaceFor((string)subject["namespace"]!, values);
    }

    private static string NamespaceFor(string nameInManifests, InstallValues values) =>
        nameInManifests == ProductNames.AgentNamespace(ProductNames.Namespace) ? values.AgentNamespace : values.Namespace;

    private static void SetVariables(JsonObject configMap, InstallValues values)
    {
        if (!values.Settings.TryGetValue(configMap.Component!, out var settings))
            return;
        foreach ((string variable, string value) in settings)
            configMap.At("data")[variable] = value;
    }

    private static void SetVolume(JsonObject claim, InstallValues values)
    {
        claim.At("spec", "resources", "requests")["storage"] = values.Persist;
        if (values.PersistClass is { } name)
            claim.At("spec")["storageClassName"] = name;
    }
}
