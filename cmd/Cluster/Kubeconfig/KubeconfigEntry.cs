using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>One cluster, user or context of a kubeconfig.</summary>
/// <param name="File">It says where: relative paths start from its folder.</param>
internal sealed record KubeconfigEntry(JsonObject Fields, string File)
{
    /// <summary>Null where it is absent or empty, which kubectl does not tell apart.</summary>
    public string? Text(string field) =>
        Fields[field] is JsonValue value && value.ToString() is { Length: > 0 } text ? text : null;

    public bool Flag(string field) => Fields[field] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    public IEnumerable<string> Texts(string field) =>
        (Fields[field] as JsonArray ?? []).OfType<JsonValue>().Select(value => value.ToString());

    /// <summary>A path, made absolute.</summary>
    public string? Path(string field) =>
        Text(field) is { } path ? System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(File))!) : null;

    /// <summary>The bytes in <c>FIELD-data</c> or else in the file that <c>FIELD</c> names.</summary>
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
            throw new ApiException($"cannot read the {field} that {File} names: {failure.Message}", failure);
        }
    }
}
