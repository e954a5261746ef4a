using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>Where the credentials of a registry are copied from: Docker's <c>config.json</c>, or a Secret in the cluster.</summary>
/// <param name="text">As the user typed it.</param>
/// <param name="logins">The credentials in the file by registry; null for a Secret.</param>
internal sealed partial class PullSecretSource(string text, JsonObject? logins)
{
    /// <summary>The type of the Secret, and the key of its data.</summary>
    public const string Type = "kubernetes.io/dockerconfigjson", Key = ".dockerconfigjson";

    /// <summary>Parses <c>FILE</c> or <c>NAMESPACE/NAME</c>. An existing file comes first.</summary>
    public static Parsed<PullSecretSource> Parse(string text)
    {
        if (!File.Exists(text))
        {
            return SecretName().IsMatch(text)
                ? new PullSecretSource(text, null)
                : Parsed<PullSecretSource>.Invalid("there is no such file. Use Docker's config.json, or NAMESPACE/NAME of a Secret");
        }

        try
        {
            var config = JsonNode.Parse(File.ReadAllText(text)) as JsonObject;
            if (config?["auths"] is not JsonObject auths)
                return Parsed<PullSecretSource>.Invalid("the file has no auths. Use the config.json that docker login writes");
            // With a credential helper, Docker writes the registry with an empty login.
            var logins = new JsonObject(auths.Where(login => login.Value is JsonObject { Count: > 0 })
                .Select(login => KeyValuePair.Create(login.Key, login.Value?.DeepClone())));
            string? helper = (string?)config["credsStore"] ?? (config["credHelpers"] is null ? null : "per registry");
            return logins.Count > 0 || helper is null
                ? new PullSecretSource(text, logins)
                : Parsed<PullSecretSource>.Invalid(
                    $"the file has no credentials, they are kept by a credential helper ({helper}). "
                    + "Create the Secret with kubectl create secret docker-registry, and use its NAMESPACE/NAME");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return Parsed<PullSecretSource>.Invalid($"the file cannot be read: {e.Message}");
        }
    }

    /// <summary>The Secret's data for a pod that pulls from these registries.</summary>
    /// <exception cref="InstallException">The Secret cannot be read, or there are no credentials for the registries.</exception>
    public async Task<string> ReadAsync(IApiServer server, IReadOnlyList<string> registries, CancellationToken cancellationToken)
    {
        if (logins is null)
            return await ReadSecretAsync(server, cancellationToken);
        // Only these: the file may have credentials that the cluster must not get.
        var needed = new JsonObject(logins.Where(login => registries.Contains(RegistryOf(login.Key)))
            .Select(login => KeyValuePair.Create(login.Key, login.Value?.DeepClone())));
        if (needed.Count == 0)
        {
            throw new InstallException(
                $"{text} has no credentials for {string.Join(" or ", registries)}. Try: docker login {registries[0]}");
        }

        return Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject { ["auths"] = needed }.ToJsonString()));
    }

    private async Task<string> ReadSecretAsync(IApiServer server, CancellationToken cancellationToken)
    {
        string[] names = text.Split('/');
        ApiAnswer answer = await server.SendAsync(
            HttpMethod.Get, $"/api/v1/namespaces/{names[0]}/secrets/{names[1]}", null, null, cancellationToken);
        if (!answer.Ok)
            throw new InstallException($"cannot get secret {names[1]} in namespace {names[0]} for --pull-secret-from: {answer.Message}");
        return (string?)answer.Body?["data"]?[Key] ?? throw new InstallException(
            $"secret {names[1]} in namespace {names[0]} is not of type {Type}. Try: kubectl create secret docker-registry");
    }

    /// <summary>The registry of a login, which Docker writes as a host or as a URL.</summary>
    private static string RegistryOf(string login)
    {
        string host = Scheme().Replace(login, "").Split('/')[0];
        return host is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : host;
    }

    [GeneratedRegex("^[a-z0-9-]+/[a-z0-9.-]+$")]
    private static partial Regex SecretName();

    [GeneratedRegex("^https?://")]
    private static partial Regex Scheme();
}
