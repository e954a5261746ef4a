using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Reads the ExecCredential that an exec plugin printed.</summary>
/// <param name="plugin">Names the plugin in messages.</param>
/// <param name="apiVersion">That of the kubeconfig.</param>
internal sealed class ExecAnswer(string plugin, string apiVersion)
{
    private const int MaxShown = 100;

    /// <returns>The identity, and when it expires; null if it does not.</returns>
    /// <exception cref="ApiException">The output is not an ExecCredential of this version, or has no credential.</exception>
    public (Identity Identity, DateTimeOffset? Expiration) Read(string output)
    {
        if (Parse(output) is not JsonObject credential || credential["kind"] is not JsonValue kind || kind.ToString() != "ExecCredential")
            throw new ApiException($"the output of {plugin} is not an ExecCredential");
        if (credential["apiVersion"]?.ToString() != apiVersion)
            throw new ApiException($"{plugin} returned apiVersion {credential["apiVersion"]}, but the kubeconfig has {apiVersion}");

        JsonObject status = credential["status"] switch
        {
            null => [],
            JsonObject map => map,
            _ => throw new ApiException($"{plugin} returned a status that is not an object"),
        };
        string? token = Text(status, "token");
        string? certificate = Text(status, "clientCertificateData"), key = Text(status, "clientKeyData");
        if (token is null && (certificate is null || key is null))
            throw new ApiException($"{plugin} returned neither a token nor a certificate with its key");

        var identity = new Identity(
            token is null ? null : BearerToken.Header(token, $"the token of {plugin}"),
            certificate is null || key is null
                ? null
                : CertificateText.ReadClient(Encoding.UTF8.GetBytes(certificate), Encoding.UTF8.GetBytes(key), $"the output of {plugin}"));
        return (identity, ExpirationOf(status));
    }

    private JsonNode? Parse(string output)
    {
        try
        {
            return JsonNode.Parse(output, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException failure)
        {
            string first = output.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0) ?? "";
            throw new ApiException(
                first.Length == 0 ? $"{plugin} printed nothing"
                    : first[0] == '{' ? $"the output of {plugin} is not valid JSON"
                    : $"the output of {plugin} is not JSON: it starts with \"{(first.Length > MaxShown ? first[..MaxShown] : first)}\"",
                failure);
        }
    }

    private string? Text(JsonObject status, string field) => status[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out string? text) => text.Length > 0 ? text : null,
        _ => throw new ApiException($"the {field} of {plugin} is not a string"),
    };

    private DateTimeOffset? ExpirationOf(JsonObject status)
    {
        if (Text(status, "expirationTimestamp") is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset expiration)
            ? expiration
            : throw new ApiException($"{plugin} returned an invalid expirationTimestamp: {text}");
    }
}
