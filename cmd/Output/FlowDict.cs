using System.Buffers;
using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>
/// Prints a flow as lines of <c>NAME: VALUE</c>, with a line of dashes between two flows, as Hubble's <c>-o dict</c> does.
/// </summary>
internal sealed class FlowDict(TimeZoneInfo zone) : IFlowFormat
{
    private const int NameWidth = 11;

    private bool _isFirst = true;

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        var text = new StringBuilder(512);
        if (!_isFirst)
            text.Append("------------\n");
        _isFirst = false;
        foreach ((string name, string? value) in Fields(flow))
        {
            if (!string.IsNullOrEmpty(value))
                text.Append(name.PadLeft(NameWidth)).Append(": ").Append(PlainText.Of(value)).Append('\n');
        }

        // The printer ends the last line.
        Encoding.UTF8.GetBytes(text.ToString(0, text.Length - 1), line);
    }

    private IEnumerable<(string Name, string? Value)> Fields(Flow flow)
    {
        yield return ("TIME", $"{FlowText.Time(flow, zone):yyyy-MM-dd HH:mm:ss.ffffff zzz}");
        yield return ("VERDICT", FlowText.Verdict(flow));
        yield return ("REASON", FlowText.Reason(flow));
        foreach (PolicyDirection direction in flow.Policy?.Directions.Where(direction => !direction.Allowed) ?? [])
            yield return ("POLICY", PolicyText.Long(direction));
        yield return ("PROTOCOL", Words.Of(flow.Protocol));
        yield return ("SOURCE", EndpointText.Client(flow.Source));
        yield return ("WORKLOAD", flow.Source?.Workload);
        yield return ("ADDRESS", EndpointText.Address(flow.Source));
        yield return ("DESTINATION", EndpointText.Server(flow.Destination));
        yield return ("WORKLOAD", flow.Destination?.Workload);
        yield return ("ADDRESS", EndpointText.Address(flow.Destination));
        yield return ("HANDSHAKE", FlowText.IsClose(flow) ? null : Quantity.Duration(flow.HandshakeNs));
        yield return ("TOTALS", FlowText.IsClose(flow) ? FlowText.Totals(flow) : null);
        yield return ("NODE", flow.Node);
        yield return ("NOTES", string.Join(", ", FlowText.Notes(flow)));
        yield return ("ID", flow.Id > 0 ? $"{flow.Id:x16}" : null);
    }
}
