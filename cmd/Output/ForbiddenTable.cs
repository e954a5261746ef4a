using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints what policies would forbid as a table.</summary>
internal static class ForbiddenTable
{
    private static readonly string[] Columns = ["CLIENT", "SERVER", "PROTO", "PORT", "FLOWS", "LAST SEEN", "POLICY"];

    /// <param name="now">The age of traffic is relative to it.</param>
    public static string Write(IEnumerable<ForbiddenTraffic> forbidden, DateTimeOffset now) =>
        TextTable.Write([Columns, .. forbidden.Select(each => Cells(each, now))]);

    private static string[] Cells(ForbiddenTraffic forbidden, DateTimeOffset now) =>
    [
        TrafficEndText.Of(forbidden.Traffic.Client),
        TrafficEndText.Of(forbidden.Traffic.Server),
        Words.Of(forbidden.Traffic.Protocol) ?? "?",
        $"{forbidden.Traffic.Port}",
        $"{forbidden.Traffic.Flows}",
        Quantity.Age(now - UnixTime.ToUtc(forbidden.Traffic.LastSeenUnixNs)),
        string.Join("; ", forbidden.Verdict.Directions.Where(direction => !direction.Allowed).Select(PolicyText.Long)),
    ];
}
