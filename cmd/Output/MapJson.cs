using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints the map as one JSON object.</summary>
internal static class MapJson
{
    public static string Write(IEnumerable<Edge> edges)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            JsonSerializer.Serialize(json, new MapFields([.. edges.Select(EdgeFields.Of)]), MapJsonContext.Default.MapFields);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
