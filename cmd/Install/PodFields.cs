using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Values;

namespace Depmap.Plugin.Install;

/// <summary>Sets the configurable fields in the pods of the Deployment and the DaemonSet.</summary>
internal sealed partial class PodFields(InstallValues values, BuildImages images, string version)
{
    public void Set(JsonObject workload)
    {
        string component = workload.Component!;
        bool isAgent = component == ProductLabels.Agent;
        PodValues configured = isAgent ? values.Agent : values.Relay;
        workload.At("spec", "template", "metadata", "labels")[ProductLabels.Version] = version;
        JsonObject annotations = workload.At("spec", "template", "metadata", "annotations");
        // A change of this annotation restarts the pods, which read their variables only when they start.
        annotations["depmap/settings"] = HashOf(values.Settings.GetValueOrDefault(component));
        foreach ((string name, string value) in configured.Annotations)
            annotations[name] = value;

        JsonObject pod = workload.At("spec", "template", "spec");
        var container = (JsonObject)pod["containers"]![0]!;
        container["image"] = ImageReference.Find(values, images, component, version);
        SetScheduling(pod);
        if (configured.Affinity.Count > 0)
            SetAffinity(pod, configured.Affinity);
        MergeAmounts(container.At("resources"), configured.Resources);
        if (configured.HealthPort is { } healthPort)
            SetHealthPort(container, healthPort);
        if (isAgent)
        {
            SetAgent(pod, container);
            CertificateFields.SetAgent(pod, values.Certificates);
        }
        else
        {
            SetRelay(workload, pod, container);
        }
    }

    private void SetScheduling(JsonObject pod)
    {
        if (values.PullSecret is { } secret)
            pod["imagePullSecrets"] = new JsonArray(new JsonObject { ["name"] = secret });
        foreach ((string label, string value) in values.NodeSelector)
            pod.At("nodeSelector")[label] = value;
        if (!values.Tolerations.IsEmpty)
            pod["tolerations"] = new JsonArray([.. values.Tolerations.Select(toleration => toleration.ToJson())]);
    }

    /// <summary>Merges affinities. A node must match one of the user's terms, and what every node of the manifest must match.</summary>
    private static void SetAffinity(JsonObject pod, JsonObject affinity)
    {
        JsonNode? every = TermsOf(pod["affinity"])?[0]?["matchExpressions"]?.DeepClone();
        ValueSet.Merge(pod.At("affinity"), affinity);
        if (every is not JsonArray expressions || TermsOf(affinity) is null)
            return;
        foreach (JsonObject term in TermsOf(pod["affinity"])!.OfType<JsonObject>())
        {
            var matches = (JsonArray)(term["matchExpressions"] ??= new JsonArray());
            foreach (JsonNode? expression in expressions)
                matches.Add(expression?.DeepClone());
        }
    }

    private static JsonArray? TermsOf(JsonNode? affinity) =>
        affinity?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]?["nodeSelectorTerms"] as JsonArray;

    private static void MergeAmounts(JsonObject resources, JsonObject changes)
    {
        ValueSet.Merge(resources, changes);
        foreach (JsonObject amounts in resources.Select(member => member.Value).OfType<JsonObject>())
        {
            foreach (string removed in amounts.Where(amount => amount.Value is null).Select(amount => amount.Key).ToList())
                amounts.Remove(removed);
        }
    }

    private static void SetHealthPort(JsonObject container, int port)
    {
        SetPortOf(container, "--listen=", port);
        foreach ((string name, JsonNode? probe) in container)
        {
            // The relay's probes use the name of the port.
            if (name.EndsWith("Probe", StringComparison.Ordinal) && probe!["httpGet"]!["port"]!.GetValueKind() == JsonValueKind.Number)
                probe["httpGet"]!["port"] = port;
        }

        SetContainerPort(container, "health", port);
    }

    private void SetAgent(JsonObject pod, JsonObject container)
    {
        int port = values.Relay.IntakePort ?? ProductNames.IntakePort;
        ContainerArguments.Replace(container, "--relay=", $"--relay={ProductNames.Relay}.{values.Namespace}.svc:{port}");
        if (values.Agent.PriorityClass is { } priorityClass)
            pod["priorityClassName"] = priorityClass;
        if (values.LegacyCapabilities)
            container.At("securityContext", "capabilities")["add"] = new JsonArray("SYS_ADMIN", "SYS_RESOURCE", "NET_ADMIN");
        if ((values.Agent.SeLinuxType ?? (values.OpenShift == true ? OpenShift.AgentSeLinuxType : null)) is { } type)
            pod.At("securityContext", "seLinuxOptions")["type"] = type;
    }

    private void SetRelay(JsonObject workload, JsonObject pod, JsonObject container)
    {
        if (values.Relay.IntakePort is { } port)
        {
            SetPortOf(container, "--intake=", port);
            SetContainerPort(container, "intake", port);
        }

        // OpenShift gives each namespace a range of users and groups, and refuses others.
        if (values.OpenShift == true)
        {
            foreach (string field in (string[])["runAsUser", "runAsGroup", "fsGroup"])
                pod.At("securityContext").Remove(field);
        }

        CertificateFields.SetRelay(pod, values);
        if (values.Persist is null)
            return;
        // Only one pod can mount the volume.
        workload.At("spec")["strategy"] = new JsonObject { ["type"] = "Recreate" };
        ((JsonArray)container["args"]!).Add((JsonNode)"--persist=/data");
        Volumes.Add(pod, "history", "/data", "persistentVolumeClaim", new JsonObject { ["claimName"] = ProductNames.Relay });
    }

    private static void SetContainerPort(JsonObject container, string name, int number)
    {
        foreach (JsonNode? port in container["ports"] as JsonArray ?? [])
        {
            if ((string?)port!["name"] == name)
                port["containerPort"] = number;
        }
    }

    /// <summary>Replaces the port of an address: <c>--listen=127.0.0.1:9472</c>.</summary>
    private static void SetPortOf(JsonObject container, string option, int port)
    {
        string argument = (container["args"] as JsonArray ?? []).Select(item => (string)item!)
            .First(item => item.StartsWith(option, StringComparison.Ordinal));
        string number = port.ToString(CultureInfo.InvariantCulture);
        ContainerArguments.Replace(container, option, PortAtEnd().Replace(argument, number));
    }

    private static string HashOf(IReadOnlyDictionary<string, string>? settings)
    {
        string text = string.Concat((settings ?? new Dictionary<string, string>()).Select(setting => $"{setting.Key}={setting.Value}\n"));
        return text.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    [GeneratedRegex("[0-9]+$")]
    private static partial Regex PortAtEnd();
}
