using System.Buffers;
using System.Text;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints a flow as one line for people: time, verdict, client, server, and the drop reason or the handshake time.</summary>
/// <remarks>The columns of client and server grow with longer names, so that lines can be aligned without knowing later ones.</remarks>
internal sealed class FlowCompact(TimeZoneInfo zone, bool color) : IFlowFormat
{
    private const string Green = "32", Red = "31", Yellow = "33", Faint = "2";

    // Longer names do not widen the column; they only shift their own line.
    private const int MaxColumnWidth = 64;

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
        DateTimeOffset local = TimeZoneInfo.ConvertTime(UnixTime.ToUtc(flow.TimeUnixNs), zone);
        text.Append(Color($"{local:HH:mm:ss.fff}", Faint)).Append("  ")
            .Append(Color((Words.Of(flow.Verdict) ?? "?").PadRight(9), dropped ? Red : Green)).Append("  ")
            .Append(Words.Of(flow.Protocol) ?? "?  ").Append("  ")
            .Append(source.PadRight(_sourceWidth)).Append(" -> ")
            .Append(destination.PadRight(_destinationWidth)).Append("  ")
            .Append(dropped ? Color(Reason(flow), Yellow) : Color(Quantity.Duration(flow.HandshakeNs), Faint));
        if (flow.Guessed)
            Note(text, "(guessed)");
        if (flow.Probe)
            Note(text, "(probe)");
        Encoding.UTF8.GetBytes(text.ToString().TrimEnd(), line);
    }

    private static void Note(StringBuilder text, string note) => text.Append(text[^1] == ' ' ? "" : " ").Append(note);

    private static int Widen(int width, string text) => text.Length <= MaxColumnWidth ? Math.Max(width, text.Length) : width;

    private static string Reason(Flow flow)
    {
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        return detail is null ? reason ?? "" : $"{reason} ({detail})";
    }

    private string Color(string text, string code) =>
        color && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
}
