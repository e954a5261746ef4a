using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The texts that the formats for people share. They are safe to print.</summary>
internal static class FlowText
{
    /// <summary>A closed flow is <c>CLOSED</c>, whatever its verdict was.</summary>
    public static string Verdict(Flow flow) => IsClose(flow) ? "CLOSED" : Words.Of(flow.Verdict) ?? "?";

    public static bool IsClose(Flow flow) => flow.ClosedUnixNs > 0;

    /// <summary>When the flow was opened, or closed if the line is about that.</summary>
    public static DateTimeOffset Time(Flow flow, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(UnixTime.ToUtc(IsClose(flow) ? flow.ClosedUnixNs : flow.TimeUnixNs), zone);

    /// <summary>The reason of a drop, and its detail in parentheses.</summary>
    public static string Reason(Flow flow)
    {
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        return PlainText.Of(detail is null ? reason ?? "" : $"{reason} ({detail})");
    }

    /// <summary><c>1.5KiB to the server, 3.2MiB back, 12+2210 packets in 3.20s</c></summary>
    public static string Totals(Flow flow)
    {
        string packets = flow.PacketsToServer + flow.PacketsToClient > 0 ? $", {flow.PacketsToServer}+{flow.PacketsToClient} packets" : "";
        string duration = flow.DurationNs > 0 ? $" in {Quantity.Duration(flow.DurationNs)}" : "";
        return $"{Quantity.Bytes(flow.BytesToServer)} to the server, {Quantity.Bytes(flow.BytesToClient)} back{packets}{duration}";
    }

    /// <summary>The result of the flow: why it was dropped, how long the handshake took, or what it transferred.</summary>
    public static string Result(Flow flow) =>
        IsClose(flow) ? Totals(flow)
        : flow.Verdict == V1.Verdict.Dropped ? Reason(flow)
        : Quantity.Duration(flow.HandshakeNs);

    /// <summary>What is special about the flow.</summary>
    public static IEnumerable<string> Notes(Flow flow)
    {
        if (flow.Guessed)
            yield return "guessed";
        if (flow.Probe)
            yield return "probe";
        if (flow.Depmap)
            yield return "depmap";
    }
}
