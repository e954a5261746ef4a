using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>An exec plugin, as configured in a kubeconfig (client.authentication.k8s.io).</summary>
/// <param name="Command">An absolute path, or a name to look up in PATH.</param>
/// <param name="User">The user's name in the kubeconfig; for messages.</param>
/// <param name="Cluster">ExecCredentialSpec.cluster; null without provideClusterInfo.</param>
/// <param name="Interactive">Whether it may prompt the user on stdin.</param>
internal sealed record ExecSettings(
    string ApiVersion,
    string Command,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    string? InstallHint,
    JsonObject? Cluster,
    bool Interactive,
    string User)
{
    private const string Group = "client.authentication.k8s.io";
    private static readonly string[] Versions = [$"{Group}/v1", $"{Group}/v1beta1"];

    /// <summary>Names the plugin in messages.</summary>
    public string Description => $"the exec plugin {Command} of user \"{User}\"";

    /// <param name="cluster">The entry of the cluster.</param>
    /// <param name="programs">Decides whether the command is a path.</param>
    /// <param name="stdinIsTerminal">The plugin can prompt the user.</param>
    /// <exception cref="ApiException">The configuration is not supported or incomplete.</exception>
    public static ExecSettings Read(
        JsonObject exec, KubeconfigEntry user, string name, KubeconfigEntry cluster, ProgramPath programs, bool stdinIsTerminal)
    {
        var entry = new KubeconfigEntry(exec, user.File);
        string apiVersion = entry.Text("apiVersion") ?? "";
        if (!Versions.Contains(apiVersion))
            throw new ApiException($"the exec plugin of user \"{name}\" uses the apiVersion \"{apiVersion}\". Use {Versions[0]}");
        string command = entry.Text("command") ?? throw new ApiException($"the exec plugin of user \"{name}\" has no command");
        if (programs.HasFolder(command))
            command = entry.Path("command")!;

        string mode = entry.Text("interactiveMode") ?? "IfAvailable";
        if (mode == "Always" && !stdinIsTerminal)
        {
            throw new ApiException(
                $"the exec plugin of user \"{name}\" needs to prompt, but stdin is not a terminal. Try: run it in a terminal first");
        }

        return new ExecSettings(
            apiVersion,
            command,
            [.. entry.Texts("args")],
            [
                .. (exec["env"] as JsonArray ?? []).OfType<JsonObject>()
                    .Select(pair => KeyValuePair.Create($"{pair["name"]}", $"{pair["value"]}")),
            ],
            entry.Text("installHint"),
            entry.Flag("provideClusterInfo") ? Describe(cluster) : null,
            Interactive: mode != "Never" && stdinIsTerminal,
            name);
    }

    // ExecCredentialSpec.cluster contains the data of the authority, even if the kubeconfig names a file.
    private static JsonObject Describe(KubeconfigEntry cluster)
    {
        var info = new JsonObject { ["server"] = cluster.Text("server") };
        foreach (string field in (string[])["tls-server-name", "proxy-url"])
        {
            if (cluster.Text(field) is { } text)
                info[field] = text;
        }

        if (cluster.Flag("insecure-skip-tls-verify"))
            info["insecure-skip-tls-verify"] = true;
        if (cluster.Data("certificate-authority") is { } authority)
            info["certificate-authority-data"] = Convert.ToBase64String(authority);
        JsonObject? config = (cluster.Fields["extensions"] as JsonArray ?? []).OfType<JsonObject>()
            .FirstOrDefault(extension => extension["name"] is JsonValue name && name.ToString() == $"{Group}/exec");
        info["config"] = config?["extension"]?.DeepClone();
        return info;
    }
}
