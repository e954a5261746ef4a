using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>Prints the state of an installation as one JSON object. Unknown fields are left out.</summary>
internal static class StatusJson
{
    public static string Write(StatusReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            var fields = new StatusFields(
                report.Errors.Count == 0,
                new RelayFields(report.Relay.NotReadyReason is null, report.Relay.Node, report.Relay.Version, report.Relay.NotReadyReason),
                [.. report.Agents.Select(AgentFields.Of)],
                Time(report.CertificatesExpire),
                report.Api,
                report.Notes,
                report.Errors);
            JsonSerializer.Serialize(json, fields, StatusJsonContext.Default.StatusFields);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    public static string? Time(DateTimeOffset? time) => time is { } known ? $"{known.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}Z" : null;
}
