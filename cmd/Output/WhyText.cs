using System.Buffers;
using System.Text;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints why one end reaches another or not, in about ten lines, as <c>kubectl describe</c> prints objects.</summary>
internal static class WhyText
{
    private const int MaxFlows = 3;

    /// <param name="port">Of the request; 0 if none was given.</param>
    public static string Write(ExplainResponse response, uint port, TimeZoneInfo zone)
    {
        var text = new StringBuilder();
        Line(text, "From:", response.Source.Length > 0 ? response.Source : "not in the cluster now");
        Line(text, "To:", (response.Destination.Length > 0 ? response.Destination : "not in the cluster now")
            + (port > 0 ? $", port {port}" : ""));
        string since = response.SinceUnixNs == 0 ? ""
            : $" since {TimeZoneInfo.ConvertTime(UnixTime.ToUtc(response.SinceUnixNs), zone):yyyy-MM-dd HH:mm:ss}";
        Line(text, "Flows:", response.Forwarded + response.Dropped == 0
            ? $"none{since}"
            : $"{response.Forwarded} forwarded, {response.Dropped} dropped{since}");
        var format = new FlowCompact(zone, color: false);
        foreach (Flow flow in response.Flows.Take(MaxFlows))
        {
            var line = new ArrayBufferWriter<byte>();
            format.Write(flow, line);
            Line(text, "", Encoding.UTF8.GetString(line.WrittenSpan));
        }

        string label = "Policies:";
        foreach (PolicyCheck check in response.Checks)
        {
            foreach (string line in Describe(check))
            {
                Line(text, label, line);
                label = "";
            }
        }

        if (response.Checks.Count == 0 && response.Source.Length > 0 && response.Destination.Length > 0)
            Line(text, label, "not evaluated without a port: give DESTINATION:PORT");
        foreach (string limit in response.Checks.SelectMany(check => check.Verdict.Limits).Distinct())
            Line(text, "Limit:", limit);
        foreach (ServiceReadiness service in response.Services)
        {
            string protocol = service.Protocol == Protocol.Udp ? "/UDP" : "";
            Line(text, "Service:", $"{service.Namespace}/{service.Service}:{service.Port}{protocol}: {service.Ready} of "
                + $"{service.Ready + service.NotReady} endpoints ready");
        }

        return text.ToString();
    }

    private static IEnumerable<string> Describe(PolicyCheck check)
    {
        string some = check.Pairs < check.AllPairs
            ? $" for {check.Pairs} of {check.AllPairs} pairs of pods, such as {check.Client} and {check.Server}"
            : "";
        string selected = check.Verdict.Directions.Count == 0 ? ": no policy selects a pod" : "";
        yield return $"{Words.Of(check.Protocol)} {check.Port} is {(check.Verdict.Allowed ? "allowed" : "forbidden")}{some}{selected}";
        foreach (PolicyDirection direction in check.Verdict.Directions)
        {
            yield return $"  {PolicyText.Long(direction)}";
            if (direction.Nearest.Length > 0)
                yield return $"  nearest: {direction.Nearest}";
        }
    }

    private static void Line(StringBuilder text, string label, string value) =>
        text.Append(label.PadRight(11)).Append(PlainText.Of(value.ReplaceLineEndings(" "))).Append('\n');
}
