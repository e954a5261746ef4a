using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>
/// An auth-provider of a kubeconfig. Only <c>oidc</c> is left in kubectl. Its token is used while it is valid: kubectl renews it and
/// writes it into the kubeconfig.
/// </summary>
internal sealed class AuthProvider(JsonObject provider, string user)
{
    /// <exception cref="ApiException">There is no valid token; the message says how to get one.</exception>
    public string IdToken(DateTimeOffset now)
    {
        string name = provider["name"]?.ToString() ?? "";
        if (name != "oidc")
        {
            throw new ApiException(
                $"user \"{user}\" has the auth-provider \"{name}\", which kubectl does not support any more. Try: {Replacement(name)}");
        }

        const string renew = "Try: kubectl get namespaces, which renews it with the refresh-token, or log in again";
        if ((provider["config"] as JsonObject)?["id-token"]?.ToString() is not { Length: > 0 } token)
            throw new ApiException($"the auth-provider \"oidc\" of user \"{user}\" has no id-token. {renew}");
        if (ExpirationOf(token) is not { } expiration)
            throw new ApiException($"the id-token of user \"{user}\" is not a JSON Web Token. {renew}");
        return expiration > now
            ? token
            : throw new ApiException($"the id-token of user \"{user}\" expired at {expiration:yyyy-MM-dd HH:mm}Z. {renew}");
    }

    private static string Replacement(string name) => name switch
    {
        "gcp" => "gcloud container clusters get-credentials, which configures gke-gcloud-auth-plugin",
        "azure" => "kubelogin convert-kubeconfig",
        _ => "an exec plugin instead",
    };

    /// <returns>Null if the token cannot be read (RFC 7519).</returns>
    private static DateTimeOffset? ExpirationOf(string token)
    {
        try
        {
            JsonNode? payload = token.Split('.') is [_, var part, _] ? JsonNode.Parse(Base64Url.DecodeFromChars(part)) : null;
            return payload is JsonObject claims && claims["exp"] is JsonValue time && time.TryGetValue(out double seconds)
                ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
                : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
