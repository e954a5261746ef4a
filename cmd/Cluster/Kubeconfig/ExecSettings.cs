using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The program that says who a user is, as a kubeconfig names it (client.authentication.k8s.io).</summary>
/// <param name="Command">A path, made absolute, or a name to be found in PATH.</param>
/// <param name="User">The kubeconfig's name of the user; for messages.</param>
/// <param name="Cluster">What the program is told of the cluster; null where it did not ask.</param>
/// <param name="Interactive">Whether it may ask the user on stdin.</param>
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

    /// <param name="cluster">The cluster's own entry.</param>
    /// <param name="stdinIsTerminal">A person could answer.</param>
    /// <exception cref="ApiException">It cannot be run.</exception>
    public static ExecSettings Read(JsonObject exec, KubeconfigEntry user, string name, KubeconfigEntry cluster, bool stdinIsTerminal)
    {
        var entry = new KubeconfigEntry(exec, user.File);
        string apiVersion = entry.Text("apiVersion") ?? "";
        if (!Versions.Contains(apiVersion))
            throw new ApiException($"the exec plugin of user \"{name}\" speaks \"{apiVersion}\". Use one that speaks {Versions[0]}");
        string command = entry.Text("command") ?? throw new ApiException($"the exec plugin of user \"{name}\" has no command");
        if (command.AsSpan().IndexOfAny('/', Path.DirectorySeparatorChar) >= 0)
            command = entry.Path("command")!;

        string mode = entry.Text("interactiveMode") ?? "IfAvailable";
        if (mode == "Always" && !stdinIsTerminal)
            throw new ApiException($"the exec plugin of user \"{name}\" must ask something, but stdin is no terminal. Try: run it in a terminal first");

        return new ExecSettings(
            apiVersion,
            command,
            [.. entry.Texts("args")],
            [.. (exec["env"] as JsonArray ?? []).OfType<JsonObject>().Select(pair => KeyValuePair.Create($"{pair["name"]}", $"{pair["value"]}"))],
            entry.Text("installHint"),
            entry.Flag("provideClusterInfo") ? Describe(cluster) : null,
            Interactive: mode != "Never" && stdinIsTerminal,
            name);
    }

    // ExecCredentialSpec.cluster; the data of the authority is given in it, a file of it is not.
    private static JsonObject Describe(KubeconfigEntry cluster)
    {
        var told = new JsonObject { ["server"] = cluster.Text("server") };
        foreach (string field in (string[])["tls-server-name", "proxy-url"])
        {
            if (cluster.Text(field) is { } text)
                told[field] = text;
        }

        if (cluster.Flag("insecure-skip-tls-verify"))
            told["insecure-skip-tls-verify"] = true;
        if (cluster.Data("certificate-authority") is { } authority)
            told["certificate-authority-data"] = Convert.ToBase64String(authority);
        JsonObject? own = (cluster.Fields["extensions"] as JsonArray ?? []).OfType<JsonObject>()
            .FirstOrDefault(extension => (string?)extension["name"] == $"{Group}/exec");
        told["config"] = own?["extension"]?.DeepClone();
        return told;
    }
}
