using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Sets the configurable fields in the objects of <c>manifests/</c>.</summary>
internal static class InstallObjects
{
    /// <param name="version">The tag of the images and the version label, such as <c>0.1.0</c>.</param>
    public static IReadOnlyList<JsonObject> Build(InstallValues values, string version)
    {
        JsonObject[] objects = [.. Manifests.Read(values.Persist is not null, values.IsTrial)];
        foreach (JsonObject resource in objects)
        {
            SetNamespaces(resource, values);
            resource.At("metadata", "labels")[ProductLabels.Version] = version;
            switch (resource.Kind)
            {
                case "ConfigMap":
                    SetVariables(resource, values);
                    break;
                case "PersistentVolumeClaim":
                    SetVolume(resource, values);
                    break;
                case "Deployment" or "DaemonSet":
                    SetPod(resource, values, version);
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
        foreach ((string variable, string value) in SettingsOf(configMap, values))
            configMap.At("data")[variable] = value;
    }

    private static IEnumerable<KeyValuePair<string, string>> SettingsOf(JsonObject resource, InstallValues values) =>
        values.Settings.TryGetValue(resource.Component!, out var settings) ? settings : [];

    private static void SetVolume(JsonObject claim, InstallValues values)
    {
        claim.At("spec", "resources", "requests")["storage"] = values.Persist;
        if (values.PersistClass is { } name)
            claim.At("spec")["storageClassName"] = name;
    }

    private static void SetPod(JsonObject workload, InstallValues values, string version)
    {
        string component = workload.Component!;
        workload.At("spec", "template", "metadata", "labels")[ProductLabels.Version] = version;
        // A change of this annotation restarts the pods, which read their variables only when they start.
        workload.At("spec", "template", "metadata", "annotations")["depmap/settings"] = HashOf(SettingsOf(workload, values));

        JsonObject pod = workload.At("spec", "template", "spec");
        var container = (JsonObject)pod["containers"]![0]!;
        container["image"] = values.Images.TryGetValue(component, out string? image)
            ? image
            : $"{values.Registry}/depmap-{component}:{version}";
        if (values.PullSecret is { } secret)
            pod["imagePullSecrets"] = new JsonArray(new JsonObject { ["name"] = secret });
        foreach ((string label, string value) in values.NodeSelector)
            pod.At("nodeSelector")[label] = value;
        if (!values.Tolerations.IsEmpty)
            pod["tolerations"] = new JsonArray([.. values.Tolerations.Select(toleration => toleration.ToJson())]);

        if (component == ProductLabels.Agent)
            SetAgent(container, values);
        else if (values.Persist is not null)
            MountVolume(pod, container);
    }

    private static void SetAgent(JsonObject container, InstallValues values)
    {
        var arguments = (JsonArray)container["args"]!;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (((string)arguments[i]!).StartsWith("--relay=", StringComparison.Ordinal))
                arguments[i] = $"--relay={ProductNames.Relay}.{values.Namespace}.svc:9471";
        }

        if (values.LegacyCapabilities)
            container.At("securityContext", "capabilities")["add"] = new JsonArray("SYS_ADMIN", "SYS_RESOURCE", "NET_ADMIN");
    }

    private static void MountVolume(JsonObject pod, JsonObject container)
    {
        ((JsonArray)container["volumeMounts"]!).Add((JsonNode)new JsonObject { ["name"] = "history", ["mountPath"] = "/data" });
        ((JsonArray)pod["volumes"]!).Add((JsonNode)new JsonObject
        {
            ["name"] = "history",
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = ProductNames.Relay },
        });
    }

    private static string HashOf(IEnumerable<KeyValuePair<string, string>> settings)
    {
        string text = string.Concat(
            settings.Select(setting => string.Create(CultureInfo.InvariantCulture, $"{setting.Key}={setting.Value}\n")));
        return text.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
