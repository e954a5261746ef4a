using System.Buffers;
using System.Text.Json;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints a flow as one JSON object on one line. Fields may be added, but never change their meaning.</summary>
internal sealed class FlowJson : IFlowFormat
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JsonText.Encoder });

    public void Write(Flow flow, IBufferWriter<byte> line) => JsonText.Append(Serialize(flow).Span, line);

    /// <summary>The object in UTF-8, valid until the next call.</summary>
    public ReadOnlyMemory<byte> Serialize(Flow flow)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        JsonSerializer.Serialize(_json, FlowFields.Of(flow), FlowJsonContext.Default.FlowFields);
        _json.Flush();
        return _buffer.WrittenMemory;
    }
}
