using System.Text;
using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>Prints the state of an installation as a table like kubectl's. The reasons why pods are not ready are on stderr.</summary>
internal static class StatusTable
{
    private static readonly string[] Columns =
    [
        "COMPONENT", "NODE", "READY", "VERSION", "KERNEL", "ATTACHED BY", "INTERFACES", "REPORTS", "FLOWS/S", "LOST", "CLOCK", "LAST HEARD",
    ];

    private const string Unknown = "-";

    public static string Write(StatusReport report, DateTimeOffset now)
    {
        string[][] rows =
        [
            Columns,
            [
                "relay",
                report.Relay.Node ?? Unknown,
                YesOrNo(report.Relay.NotReadyReason is null),
                report.Relay.Version ?? Unknown,
                .. Enumerable.Repeat(Unknown, Columns.Length - 4),
            ],
            .. report.Agents.Select(agent => Cells(agent, now)),
        ];
        var text = new StringBuilder(TextTable.Write(rows));
        AppendParagraph(text, report.Notes);
        var last = new List<string>();
        if (report.Api is { } api)
        {
            last.Add($"The relay made {api.Lists} list and {api.Watches} watch requests to the API server "
                + $"and received {Quantity.Bytes(api.Bytes)}.");
        }

        if (report.CertificatesExpire is { } expiry)
            last.Add($"The certificates expire on {expiry.UtcDateTime:yyyy-MM-dd}, in {Quantity.Age(expiry - now)}.");
        AppendParagraph(text, last);
        return text.ToString();
    }

    private static void AppendParagraph(StringBuilder text, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
            text.Append('\n').AppendJoin('\n', lines).Append('\n');
    }

    private static string[] Cells(AgentState agent, DateTimeOffset now) =>
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
        agent.Report is { Lost: var lost } ? $"{lost}" : Unknown,
        agent.Report?.ClockSkew is { } skew ? $"{(skew < TimeSpan.Zero ? '-' : '+')}{skew.Duration().TotalSeconds:0.000}s" : Unknown,
        agent.Report?.LastHeard is { } heard ? Quantity.Age(now - heard) : Unknown,
    ];

    private static string YesOrNo(bool value) => value ? "yes" : "no";
}
