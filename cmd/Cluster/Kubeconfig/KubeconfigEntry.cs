using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>
/// One cluster, user or context of a kubeconfig. KubernetesClient's models lack proxy-url, tokenFile, as-uid, interactiveMode and
/// extensions, and cannot read as-user-extra.
/// </summary>
/// <param name="File">The file it comes from: relative paths start at that file's folder.</param>
internal sealed record KubeconfigEntry(JsonObject Fields, string File)
{
    /// <summary>Null if absent or empty, which are the same to kubectl.</summary>
    public string? Text(string field) =>
        Fields[field] is JsonValue value && value.ToString() is { Length: > 0 } text ? text : null;

    // kubectl's YAML is 1.1, where yes and on are true.
    public bool Flag(string field) => Fields[field] is JsonValue value
        && (value.TryGetValue(out bool flag) ? flag : value.ToString() is "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y");

    public IEnumerable<string> Texts(string field) =>
        (Fields[field] as JsonArray ?? []).OfType<JsonValue>().Select(value => value.ToString());

    /// <summary>An absolute path.</summary>
    public string? Path(string field)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(File))!;
        return Text(field) is { } path ? System.IO.Path.GetFullPath(path, folder) : null;
    }

    /// <summary>The bytes in <c>FIELD-data</c>, or else in the file named by <c>FIELD</c>.</summary>
    /// <exception cref="ApiException">They cannot be read.</exception>
    public byte[]? Data(string field)
    {
        if (Text($"{field}-data") is { } data)
        {
            try
            {
                return Convert.FromBase64String(data);
            }
            catch (FormatException)
            {
                throw new ApiException($"{field}-data in {File} is not base64");
            }
        }

        if (Path(field) is not { } path)
            return null;
        try
        {
            return System.IO.File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"cannot read the {field} {path}: {FileFailure.Describe(path, failure)}", failure);
        }
    }
}
