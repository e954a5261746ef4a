using System.Buffers;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints flows, each as one line in one write.</summary>
/// <remarks>
/// A line reaches its reader at once, and whole: pipe(7) keeps a write of up to PIPE_BUF (4096) bytes together, so
/// that an end of the process leaves no half line behind.
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
