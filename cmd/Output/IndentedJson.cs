using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Depmap.Plugin.Output;

/// <summary>Prints an object as indented JSON, without characters that a terminal acts on.</summary>
internal static class IndentedJson
{
    public static string Write<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JsonText.Encoder };
        using (var json = new Utf8JsonWriter(buffer, options))
            JsonSerializer.Serialize(json, value, type);
        return PlainText.OfJson(Encoding.UTF8.GetString(buffer.WrittenSpan)) + "\n";
    }
}
