using System.Text.Json;
using Depmap.Common.Options;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>Reads what <c>map -o json</c> printed. Strict: what this version does not know, it refuses.</summary>
internal static class MapReader
{
    /// <param name="name">The file's name, for errors.</param>
    /// <returns>An error names the file, the line and the reason.</returns>
    public static Parsed<EdgeFields[]> Read(ReadOnlySpan<byte> json, string name)
    {
        // Of an editor on Windows.
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        MapFields? map;
        try
        {
            map = JsonSerializer.Deserialize(json, MapReaderContext.Default.MapFields);
        }
        catch (JsonException e)
        {
            return Invalid(name, (e.LineNumber ?? 0) + 1, Describe(e, json));
        }

        if (map?.Version > MapFields.CurrentVersion)
            return Invalid(name, 1, $"it is of version {map.Version}, from a newer version of Depmap");
        if (map?.Edges is not { } edges)
            return Invalid(name, 1, "it has no edges, so it is no map");
        int incomplete = Array.FindIndex(edges, edge => edge is not { Source: not null, Destination: not null, Protocol: not null });
        return incomplete < 0 ? edges : Invalid(name, LineOf(json, incomplete), "an edge without source, destination or protocol");
    }

    private static Parsed<EdgeFields[]> Invalid(string name, long line, string reason) =>
        Parsed<EdgeFields[]>.Invalid($"{PlainText.Of(name)}, line {line}: {reason}. Use a file of map -o json");

    private static string Describe(JsonException e, ReadOnlySpan<byte> json)
    {
        if (json.Trim(" \t\r\n"u8).IsEmpty)
            return "it is empty";
        const string unknown = "The JSON property '", type = "The JSON value could not be converted";
        string path = PlainText.Of(e.Path ?? "");
        if (e.Message.StartsWith(unknown, StringComparison.Ordinal) && e.Message.IndexOf('\'', unknown.Length) is > 0 and var end)
        {
            string field = PlainText.Of(e.Message[unknown.Length..end]);
            return $"unknown field \"{field}\": it is no map, or from a newer version of Depmap";
        }

        if (e.Message.StartsWith(type, StringComparison.Ordinal))
            return $"{path} is of another type than in a map";
        // The message ends with the path and the line.
        int place = e.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (place < 0)
            place = e.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        string reason = place < 0 ? e.Message : e.Message[..place];
        return $"it is no JSON: {PlainText.Of(reason.TrimEnd('.', ' '))}";
    }

    private static long LineOf(ReadOnlySpan<byte> json, int edge)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            // The objects in the array of the one property.
            if (reader.CurrentDepth == 2 && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null && edge-- == 0)
                break;
        }

        return json[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
    }
}
