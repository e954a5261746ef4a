using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Sets the fields of an installation's objects that depend on who makes the certificates.</summary>
internal static class CertificateFields
{
    private const string VolumeName = "tls";

    /// <summary>A Certificate of cert-manager.</summary>
    public static void SetCertificate(JsonObject certificate, InstallValues values)
    {
        string[] issuer = values.Certificates.Issuer!.Split('/', 2);
        certificate.At("spec", "issuerRef")["kind"] = issuer[0];
        certificate.At("spec", "issuerRef")["name"] = issuer[1];
        certificate.At("spec", "secretTemplate", "labels")[ProductLabels.Version] = certificate.Label(ProductLabels.Version);
        if (certificate.Component == ProductLabels.Relay)
            certificate.At("spec")["dnsNames"] = new JsonArray($"{ProductNames.Relay}.{values.Namespace}.svc");
    }

    /// <summary>The agents mount the Secret that holds their certificate.</summary>
    public static void SetAgent(JsonObject pod, CertificateValues values)
    {
        if (values.Source == CertificateSource.Relay)
            return;
        JsonObject volume = pod["volumes"]!.AsArray().OfType<JsonObject>().Single(volume => (string?)volume["name"] == VolumeName);
        volume.At("secret")["secretName"] = values.AgentSecret ?? ProductNames.AgentCertificate;
    }

    /// <summary>A relay that does not make the certificates mounts the Secret that holds its own.</summary>
    public static void SetRelay(JsonObject pod, InstallValues values)
    {
        var container = (JsonObject)pod["containers"]![0]!;
        bool isMade = values.Certificates.Source == CertificateSource.Relay;
        ContainerArguments.Replace(
            container, "--certificates=", isMade ? $"--certificates={values.Namespace}" : "--tls-folder=/tls");
        if (isMade)
            return;
        string[] files = ["tls.crt", "tls.key", "ca.crt"];
        var secret = new JsonObject
        {
            ["secretName"] = values.Certificates.RelaySecret ?? ProductNames.RelayCertificate,
            ["defaultMode"] = 288, // 0440
            ["items"] = new JsonArray([.. files.Select(file => new JsonObject { ["key"] = file, ["path"] = file })]),
        };
        Volumes.Add(pod, VolumeName, "/tls", "secret", secret, isReadOnly: true);
    }
}
