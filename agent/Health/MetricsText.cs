using System.Globalization;
using System.Text;
using Depmap.Agent.Kernel;

namespace Depmap.Agent.Health;

/// <summary>
/// Writes metrics in Prometheus's text exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats).
/// </summary>
internal static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Of(AgentMetrics now)
    {
        var text = new StringBuilder(2048);
        Head(text, "build_info", "gauge", "The agent's version, kernel and attach mode, as labels; always 1.");
        Line(text, "build_info", 1, ("version", now.Version), ("kernel", now.Kernel), ("attach_mode", now.AttachMode));
        Head(text, "kernel_features", "gauge", "Optional kernel features, as labels; always 1.");
        Line(
            text, "kernel_features", 1,
            ("drops", LabelOf(now.Features.Drops)), ("socket_cgroups", now.Features.HasSocketCgroups ? "true" : "false"));
        Head(text, "interfaces", "gauge", "Pod interfaces that are observed.");
        Line(text, "interfaces", now.Interfaces.Attached);
        Head(
            text, "interfaces_limited", "gauge",
            "Pod interfaces that are not fully observed, by cause; depmap_interfaces includes one_direction and preceded.");
        Line(text, "interfaces_limited", now.Interfaces.OneDirection, ("limit", "one_direction"));
        Line(text, "interfaces_limited", now.Interfaces.Preceded, ("limit", "preceded"));
        Line(text, "interfaces_limited", now.Interfaces.Unobserved, ("limit", "unobserved"));
        Line(text, "interfaces_limited", now.Interfaces.Waiting, ("limit", "waiting"));
        Line(text, "interfaces_limited", now.Interfaces.Failing, ("limit", "failing"));
        Head(
            text, "attachments_restored_total", "counter",
            "Attachments restored after another program removed a qdisc or filter, or added a filter before ours.");
        Line(text, "attachments_restored_total", now.Interfaces.Restored);
        Head(text, "connections", "gauge", "Connections in the agent's table.");
        Line(text, "connections", now.Connections);
        Head(text, "uplink_connected", "gauge", "1 if the relay can be reached, else 0.");
        Line(text, "uplink_connected", now.UplinkConnected ? 1 : 0);
        Head(text, "batches_sent_total", "counter", "Batches sent to the relay, including those sent again.");
        Line(text, "batches_sent_total", now.BatchesSent);
        Head(text, "batches_acknowledged_total", "counter", "Batches acknowledged by the relay.");
        Line(text, "batches_acknowledged_total", now.BatchesAcknowledged);
        Head(text, "lost_total", "counter", "Records and connections known to be lost, by kind.");
        Line(text, "lost_total", now.LostMoments, ("kind", "moments"));
        Line(text, "lost_total", now.LostEvictions, ("kind", "evictions"));
        Line(text, "lost_total", now.LostDrops, ("kind", "drops"));
        Line(text, "lost_total", now.LostAnswers, ("kind", "answers"));
        Line(text, "lost_total", now.LostHostConnections, ("kind", "host_connections"));
        Line(text, "lost_total", now.LostConnections, ("kind", "connections"));
        return text.ToString();
    }

    private static string LabelOf(DropReasonSource drops) => drops switch
    {
        DropReasonSource.ByReason => "by_reason",
        DropReasonSource.ByPlace => "by_place",
        _ => "none",
    };

    private static void Head(StringBuilder text, string name, string type, string help) => text
        .Append("# HELP depmap_").Append(name).Append(' ').Append(help).Append('\n')
        .Append("# TYPE depmap_").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(
        StringBuilder text, string name, decimal value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        text.Append("depmap_").Append(name);
        for (int i = 0; i < labels.Length; i++)
        {
            text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(Escaped(labels[i].Value));
            text.Append('"').Append(i == labels.Length - 1 ? "}" : "");
        }

        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Escaped(string label) =>
        label.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
