using System.Text.Json;

namespace Depmap.Plugin.Output;

/// <summary>The text of a JSON value as kubectl prints it: strings without quotes, everything else as JSON. Safe to print.</summary>
internal static class JsonValueText
{
    public static string Of(JsonElement value) =>
        PlainText.Of(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
}
