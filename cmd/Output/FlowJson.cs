using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints a flow as one JSON object on one line. Fields may be added, but never change their meaning.</summary>
internal sealed class FlowJson : IFlowFormat
{
    private readonly Utf8JsonWriter _json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        _json.Reset(line);
        JsonSerializer.Serialize(_json, FlowFields.Of(flow), FlowJsonContext.Default.FlowFields);
        _json.Flush();
    }
}
