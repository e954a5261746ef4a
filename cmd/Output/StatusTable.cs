using System.Text;
using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>Prints the state of an installation as a table like kubectl's. The reasons why pods are not ready are on stderr.</summary>
internal static class StatusTable
{
    private static readonly TableColumn[] Columns =
    [
        new("COMPONENT"), new("NODE", IsShortened: true), new("READY"), new("VERSION", LeftOut: 2, IsShortened: true),
        new("KERNEL", LeftOut: 6, IsShortened: true), new("ATTACHED BY", LeftOut: 8), new("INTERFACES", LeftOut: 7), new("REPORTS"),
        new("FLOWS/S", LeftOut: 3), new("LOST", LeftOut: 1), new("CLOCK", LeftOut: 5), new("LAST HEARD", LeftOut: 4),
    ];

    private const string Unknown = "-";

    public static string Write(StatusReport report, DateTimeOffset now, TableStyle style = default)
    {
        TableCell[][] rows =
        [
            [
                "relay",
                report.Relay.Node ?? Unknown,
                YesOrNo(report.Relay.NotReadyReason is null),
                report.Relay.Version ?? Unknown,
                .. Enumerable.Repeat<TableCell>(Unknown, Columns.Length - 4),
            ],
            .. report.Agents.Select(agent => Cells(agent, now)),
        ];
        var text = new StringBuilder(TextTable.Write(Columns, rows, style));
        AppendParagraph(text, report.Notes);
        var last = new List<string>();
        if (report.Api is { } api)
        {
            last.Add($"The relay made {api.Lists} list and {api.Watches} watch requests to the API server "
                + $"and received {Quantity.Bytes(api.Bytes)}.");
        }

        if (report.Certificates is { } certificates)
            last.Add(CertificateText.Write(certificates));
        AppendParagraph(text, last);
        return text.ToString();
    }

    private static void AppendParagraph(StringBuilder text, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
            text.Append('\n').AppendJoin('\n', lines).Append('\n');
    }

    private static TableCell[] Cells(AgentState agent, DateTimeOffset now) =>
    [
        "agent",
        agent.Node.Length > 0 ? agent.Node : Unknown,
        YesOrNo(agent.NotReadyReason is null),
        agent.Version ?? Unknown,
        agent.Kernel.Length > 0 ? agent.Kernel : Unknown,
        agent.Report?.AttachMode ?? Unknown,
        agent.Report is { Interfaces: var interfaces } ? $"{interfaces}" : Unknown,
        agent.Report is { Connected: var connected } ? YesOrNo(connected) : Unknown,
        agent.Report is { FlowsPerSecond: var rate } ? $"{rate:0.#}" : Unknown,
        agent.Report is { Lost: var lost } ? new TableCell($"{lost}", lost > 0 ? Tone.Reason : Tone.Plain) : Unknown,
        agent.Report?.ClockSkew is { } skew ? $"{(skew < TimeSpan.Zero ? '-' : '+')}{skew.Duration().TotalSeconds:0.000}s" : Unknown,
        agent.Report?.LastHeard is { } heard ? Quantity.Age(now - heard) : Unknown,
    ];

    private static TableCell YesOrNo(bool value) => value ? new("yes", Tone.Good) : new("no", Tone.Bad);
}
