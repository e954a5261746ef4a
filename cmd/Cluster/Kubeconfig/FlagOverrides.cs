using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Puts the options of the command line in the place of what the kubeconfig has, by kubectl's rules.</summary>
internal static class FlagOverrides
{
    public static KubeconfigEntry OfCluster(KubeconfigEntry cluster, ClusterChoice choice)
    {
        if (choice is { SkipTlsVerify: true, CertificateAuthority: not null })
            throw new ApiException("--certificate-authority and --insecure-skip-tls-verify exclude each other");
        var fields = (JsonObject)cluster.Fields.DeepClone();
        // One of them also ends what the kubeconfig says about the other.
        if (choice.SkipTlsVerify || choice.CertificateAuthority is not null)
        {
            SetFile(fields, "certificate-authority", choice.CertificateAuthority);
            fields["insecure-skip-tls-verify"] = choice.SkipTlsVerify;
        }

        if (choice.TlsServerName is not null)
            fields["tls-server-name"] = choice.TlsServerName;
        return cluster with { Fields = fields };
    }

    public static KubeconfigEntry OfUser(KubeconfigEntry user, ClusterChoice choice)
    {
        var fields = (JsonObject)user.Fields.DeepClone();
        if (choice.Token is not null)
        {
            fields["token"] = choice.Token;
            fields.Remove("tokenFile");
        }

        if (choice.ClientCertificate is not null)
            SetFile(fields, "client-certificate", choice.ClientCertificate);
        if (choice.ClientKey is not null)
            SetFile(fields, "client-key", choice.ClientKey);
        return user with { Fields = fields };
    }

    private static void SetFile(JsonObject fields, string field, string? path)
    {
        fields.Remove($"{field}-data");
        fields[field] = path is null ? null : Path.GetFullPath(path);
    }
}
