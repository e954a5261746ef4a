using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>One flow as one JSON object on one line: section 4 of the design. Fields only grow.</summary>
internal sealed class FlowJson : IFlowFormat
{
    private readonly Utf8JsonWriter _json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        _json.Reset(line);
        JsonSerializer.Serialize(_json, FlowLine.Of(flow), FlowJsonContext.Default.FlowLine);
        _json.Flush();
    }
}

/// <summary>The line's fields, in the order printed. Null is absent.</summary>
internal sealed record FlowLine(
    string Time,
    string? Verdict,
    string? DropReason,
    string? DropReasonDetail,
    string? Protocol,
    EndpointFields? Source,
    EndpointFields? Destination,
    string? Node,
    ulong? HandshakeUs,
    bool? Guessed,
    bool? Probe)
{
    public static FlowLine Of(Flow flow)
    {
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        return new FlowLine(
            UnixTime.Rfc3339(flow.TimeUnixNs),
            Words.Of(flow.Verdict),
            reason,
            detail,
            Words.Of(flow.Protocol),
            EndpointFields.Of(flow.Source),
            EndpointFields.Of(flow.Destination),
            flow.Node.Length > 0 ? flow.Node : null,
            Microseconds(flow.HandshakeNs),
            flow.Guessed ? true : null,
            flow.Probe ? true : null);
    }

    /// <returns>At least 1 where known, so that it never reads as unknown.</returns>
    public static ulong? Microseconds(ulong nanoseconds) =>
        nanoseconds == 0 ? null : Math.Max(1, nanoseconds / 1000);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(FlowLine))]
internal sealed partial class FlowJsonContext : JsonSerializerContext;
