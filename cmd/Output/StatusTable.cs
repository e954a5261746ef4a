using System.Text;
using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>An installation's state in kubectl's manner; what a pod waits for is in the sentences on stderr.</summary>
internal static class StatusTable
{
    private static readonly string[] Columns =
        ["COMPONENT", "NODE", "READY", "VERSION", "KERNEL", "ATTACHED BY", "INTERFACES", "REPORTS", "FLOWS/S", "LOST", "CLOCK", "LAST HEARD"];

    private const string Unknown = "-";

    public static string Write(StatusReport report, DateTimeOffset now)
    {
        string[][] rows =
        [
            Columns,
            ["relay", report.Relay.Node ?? Unknown, YesOrNo(report.Relay.WaitsFor is null), report.Relay.Version ?? Unknown, .. Enumerable.Repeat(Unknown, Columns.Length - 4)],
            .. report.Agents.Select(agent => Cells(agent, now)),
        ];
        int[] widths = [.. Columns.Select((_, column) => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
            text.Append(string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        AppendParagraph(text, report.Notes);
        var last = new List<string>();
        if (report.Api is { } api)
            last.Add($"Of the API server the relay asked {api.Lists} lists and {api.Watches} watches, {Quantity.Bytes(api.Bytes)}.");
        if (report.CertificatesEnd is { } end)
            last.Add($"Certificates end {end.UtcDateTime:yyyy-MM-dd}, in {Quantity.Age(end - now)}.");
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
        YesOrNo(agent.WaitsFor is null),
        agent.Version ?? Unknown,
        agent.Kernel.Length > 0 ? agent.Kernel : Unknown,
        agent.Seen?.AttachMode ?? Unknown,
        agent.Seen is { } seen ? $"{seen.Interfaces}" : Unknown,
        agent.Seen is { } uplink ? YesOrNo(uplink.Connected) : Unknown,
        agent.Seen is { } rate ? $"{rate.FlowsPerSecond:0.#}" : Unknown,
        agent.Seen is { } losses ? $"{losses.Lost}" : Unknown,
        agent.Seen?.ClockSkew is { } skew ? $"{(skew < TimeSpan.Zero ? '-' : '+')}{skew.Duration().TotalSeconds:0.000}s" : Unknown,
        agent.Seen?.LastHeard is { } heard ? Quantity.Age(now - heard) : Unknown,
    ];

    private static string YesOrNo(bool it) => it ? "yes" : "no";
}
