using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>Fills in what an installation was told to be, at the few places of <c>manifests/</c> where it may differ.</summary>
internal static class InstallObjects
{
    /// <param name="version">The images' tag and the objects' label, such as <c>0.1.0</c>.</param>
    public static IReadOnlyList<JsonObject> Build(InstallValues values, string version)
    {
        JsonObject[] all = [.. Manifests.Read(values.Persist is not null, values.IsTrial)];
        foreach (JsonObject it in all)
        {
            Place(it, values);
            it.At("metadata", "labels")["app.kubernetes.io/version"] = version;
            switch (it.Kind)
            {
                case "ConfigMap":
                    Set(it, values);
                    break;
                case "PersistentVolumeClaim":
                    Claim(it, values);
                    break;
                case "Deployment" or "DaemonSet":
                    FillPod(it, values, version);
                    break;
            }
        }

        return all;
    }

    private static void Place(JsonObject it, InstallValues values)
    {
        if (it.Kind == "Namespace")
            it.At("metadata")["name"] = Moved(it.Name, values);
        if (it.Namespace is { } own)
            it.At("metadata")["namespace"] = Moved(own, values);
        foreach (JsonNode? subject in it["subjects"] as JsonArray ?? [])
            subject!["namespace"] = Moved((string)subject["namespace"]!, values);
    }

    private static string Moved(string name, InstallValues values) => name == "depmap-agents" ? values.AgentNamespace : values.Namespace;

    private static void Set(JsonObject map, InstallValues values)
    {
        foreach ((string variable, string value) in SettingsOf(map, values))
            map.At("data")[variable] = value;
    }

    private static IEnumerable<KeyValuePair<string, string>> SettingsOf(JsonObject it, InstallValues values) =>
        values.Settings.TryGetValue(it.Component!, out var settings) ? settings : [];

    private static void Claim(JsonObject claim, InstallValues values)
    {
        claim.At("spec", "resources", "requests")["storage"] = values.Persist;
        if (values.PersistClass is { } name)
            claim.At("spec")["storageClassName"] = name;
    }

    private static void FillPod(JsonObject workload, InstallValues values, string version)
    {
        string component = workload.Component!;
        workload.At("spec", "template", "metadata", "labels")["app.kubernetes.io/version"] = version;
        // A pod reads its variables when it starts, so it must start again when they change.
        workload.At("spec", "template", "metadata", "annotations")["depmap/settings"] = Fingerprint(SettingsOf(workload, values));

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

        if (component == "agent")
            FillAgent(container, values);
        else if (values.Persist is not null)
            Mount(pod, container);
    }

    private static void FillAgent(JsonObject container, InstallValues values)
    {
        var arguments = (JsonArray)container["args"]!;
        for (int i = 0; i < arguments.Count; i++)
        {
            if (((string)arguments[i]!).StartsWith("--relay=", StringComparison.Ordinal))
                arguments[i] = $"--relay=depmap-relay.{values.Namespace}.svc:9471";
        }

        if (values.LegacyCapabilities)
            container.At("securityContext", "capabilities")["add"] = new JsonArray("SYS_ADMIN", "SYS_RESOURCE", "NET_ADMIN");
    }

    private static void Mount(JsonObject pod, JsonObject container)
    {
        ((JsonArray)container["volumeMounts"]!).Add((JsonNode)new JsonObject { ["name"] = "history", ["mountPath"] = "/data" });
        ((JsonArray)pod["volumes"]!).Add((JsonNode)new JsonObject
        {
            ["name"] = "history",
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = "depmap-relay" },
        });
    }

    private static string Fingerprint(IEnumerable<KeyValuePair<string, string>> settings)
    {
        string text = string.Concat(settings.Select(setting => string.Create(CultureInfo.InvariantCulture, $"{setting.Key}={setting.Value}\n")));
        return text.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
