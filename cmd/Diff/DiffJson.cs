using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Depmap.Plugin.Diff;

/// <summary>Prints differences as one JSON object. Only ASCII: names of files may contain marks that change a terminal's output.</summary>
internal static class DiffJson
{
    public static string Write(IReadOnlyCollection<EdgeChange> changes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            var fields = new DiffFields(changes.Count == 0, [.. changes.Select(ChangeFields.Of)]);
            JsonSerializer.Serialize(json, fields, DiffJsonContext.Default.DiffFields);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }
}
