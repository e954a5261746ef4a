using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The map as one JSON object.</summary>
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

internal sealed record MapFields(EdgeFields[] Edges);

/// <summary>An edge's fields, in the order printed. Null is absent; counts are always there.</summary>
internal sealed record EdgeFields(
    EndpointFields? Source,
    EndpointFields? Destination,
    string? Protocol,
    ulong Forwarded,
    ulong Dropped,
    DropFields[]? DropReasons,
    ulong BytesToServer,
    ulong BytesToClient,
    ulong? HandshakeMeanUs,
    string? FirstSeen,
    string? LastSeen,
    bool? Guessed,
    bool? Probe)
{
    public static EdgeFields Of(Edge edge) => new(
        EndpointFields.Of(edge.Source),
        EndpointFields.Of(edge.Destination),
        Words.Of(edge.Protocol),
        edge.Forwarded,
        edge.Dropped,
        edge.Drops.Count > 0 ? [.. edge.Drops.Select(DropFields.Of)] : null,
        edge.BytesToServer,
        edge.BytesToClient,
        FlowLine.Microseconds(edge.HandshakeMeanNs),
        Time(edge.FirstSeenUnixNs),
        Time(edge.LastSeenUnixNs),
        edge.Guessed ? true : null,
        edge.Probe ? true : null);

    private static string? Time(long unixNanoseconds) => unixNanoseconds > 0 ? UnixTime.Rfc3339(unixNanoseconds) : null;
}

internal sealed record DropFields(string? Reason, string? Detail, ulong Count)
{
    public static DropFields Of(DropCount drop)
    {
        (string? reason, string? detail) = Words.Of(drop.Reason, drop.Detail);
        return new DropFields(reason, detail, drop.Count);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(MapFields))]
internal sealed partial class MapJsonContext : JsonSerializerContext;
