using System.Buffers;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>An output format of <c>observe</c>.</summary>
internal interface IFlowFormat
{
    /// <summary>Appends the flow as UTF-8, without a line end.</summary>
    void Write(Flow flow, IBufferWriter<byte> line);
}
