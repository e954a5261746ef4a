using System.Buffers;
using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints a flow as one line for people: time, verdict, client, server, and the drop reason or the handshake time.</summary>
/// <param name="wide">Also print the date, workloads, all addresses, the node and the flow's id.</param>
/// <remarks>The columns of client and server grow with longer names, so that lines can be aligned without knowing later ones.</remarks>
internal sealed class FlowCompact(TimeZoneInfo zone, bool color, bool wide = false) : IFlowFormat
{
    private const string Green = "32", Red = "31", Yellow = "33", Faint = "2";

    // Longer names do not widen the column; they only shift their own line.
    private const int MaxColumnWidth = 64, MaxWideColumnWidth = 100;

    private int _sourceWidth = 24;
    private int _destinationWidth = 24;
    private int _resultWidth;

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        bool isClose = FlowText.IsClose(flow);
        bool dropped = flow.Verdict == Verdict.Dropped && !isClose;
        string source = PlainText.Of(wide ? EndpointText.WideClient(flow.Source) : EndpointText.Client(flow.Source));
        string destination = PlainText.Of(wide ? EndpointText.WideServer(flow.Destination) : EndpointText.Server(flow.Destination));
        _sourceWidth = Widen(_sourceWidth, source);
        _destinationWidth = Widen(_destinationWidth, destination);
        string result = FlowText.Result(flow);
        string verdict = FlowText.Verdict(flow).PadRight(9);

        var text = new StringBuilder(160);
        DateTimeOffset time = FlowText.Time(flow, zone);
        text.Append(Color(wide ? $"{time:yyyy-MM-dd HH:mm:ss.ffffff}" : $"{time:HH:mm:ss.fff}", Faint)).Append("  ")
            .Append(isClose ? Color(verdict, Faint) : Color(verdict, dropped ? Red : Green)).Append("  ")
            .Append(Words.Of(flow.Protocol) ?? "?  ").Append("  ")
            .Append(source.PadRight(_sourceWidth)).Append(" -> ")
            .Append(destination.PadRight(_destinationWidth)).Append("  ")
            .Append(Color(result, dropped ? Yellow : Faint));
        if (wide)
            AppendOrigin(text, flow, result);
        if (PolicyText.Short(flow) is { } policy)
            text.Append(text[^1] == ' ' ? "" : " ").Append(PlainText.Of(policy));
        foreach (string note in FlowText.Notes(flow))
            text.Append(text[^1] == ' ' ? "" : " ").Append('(').Append(note).Append(')');
        Encoding.UTF8.GetBytes(text.ToString().TrimEnd(), line);
    }

    private void AppendOrigin(StringBuilder text, Flow flow, string result)
    {
        _resultWidth = Widen(_resultWidth, result);
        text.Append(' ', Math.Max(0, _resultWidth - result.Length)).Append("  ").Append(PlainText.Of(flow.Node));
        if (flow.Id > 0)
            text.Append($"  {flow.Id:x16}");
    }

    private int Widen(int width, string text) =>
        text.Length <= (wide ? MaxWideColumnWidth : MaxColumnWidth) ? Math.Max(width, text.Length) : width;

    private string Color(string text, string code) =>
        color && text.Length > 0 ? $"\e[{code}m{text}\e[0m" : text;
}
