using System.Buffers;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints each flow as one line with one write.</summary>
/// <remarks>
/// Writes of up to PIPE_BUF (4096) bytes to a pipe are atomic (pipe(7)), so the reader never gets a partial line when the
/// process exits.
/// </remarks>
internal sealed class FlowPrinter(Stream output, IFlowFormat format)
{
    private readonly ArrayBufferWriter<byte> _line = new(1024);

    public void Print(Flow flow)
    {
        _line.ResetWrittenCount();
        format.Write(flow, _line);
        _line.Write("\n"u8);
        output.Write(_line.WrittenSpan);
        output.Flush();
    }
}
