using System.Buffers;
using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>One flow as one line for people: when, whether it worked, who called whom, and why not or how fast.</summary>
/// <remarks>The columns of the two ends widen as longer names come, so that lines align without waiting for the next.</remarks>
internal sealed class FlowCompact(TimeZoneInfo zone, bool colours) : IFlowFormat
{
    private const string Green = "32", Red = "31", Yellow = "33", Faint = "2";

    // A column gives up at this width: beyond it, a longer name shifts its own line only.
    private const int WidestColumn = 64;

    private int _sourceWidth = 24;
    private int _destinationWidth = 24;

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        bool dropped = flow.Verdict == Verdict.Dropped;
        string source = EndpointText.Client(flow.Source);
        string destination = EndpointText.Server(flow.Destination);
        _sourceWidth = Widen(_sourceWidth, source);
        _destinationWidth = Widen(_destinationWidth, destination);

        var text = new StringBuilder(160);
        DateTimeOffset local = TimeZoneInfo.ConvertTime(UnixTime.Utc(flow.TimeUnixNs), zone);
        text.Append(Coloured($"{local:HH:mm:ss.fff}", Faint)).Append("  ")
            .Append(Coloured((Words.Of(flow.Verdict) ?? "?").PadRight(9), dropped ? Red : Green)).Append("  ")
            .Append(Words.Of(flow.Protocol) ?? "?  ").Append("  ")
            .Append(source.PadRight(_sourceWidth)).Append(" -> ")
            .Append(destination.PadRight(_destinationWidth)).Append("  ")
            .Append(dropped ? Coloured(Reason(flow), Yellow) : Coloured(Quantity.Duration(flow.HandshakeNs), Faint));
        if (flow.Guessed)
            Note(text, "(guessed)");
        if (flow.Probe)
            Note(text, "(probe)");
        Encoding.UTF8.GetBytes(text.ToString().TrimEnd(), line);
    }

    private static void Note(StringBuilder text, string note) => text.Append(text[^1] == ' ' ? "" : " ").Append(note);

    private static int Widen(int width, string text) => text.Length <= WidestColumn ? Math.Max(width, text.Length) : width;

    private static string Reason(Flow flow)
    {
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        return detail is null ? reason ?? "" : $"{reason} ({detail})";
    }

    private string Coloured(string text, string colour) =>
        colours && text.Length > 0 ? $"\e[{colour}m{text}\e[0m" : text;
}
