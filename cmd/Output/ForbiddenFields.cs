using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of a check of policies.</summary>
internal sealed record ForbiddenFields(string Since, ulong Checked, uint Policies, ForbiddenFields.Entry[] Forbidden)
{
    public static ForbiddenFields Of(CheckResponse response) => new(
        UnixTime.ToRfc3339(response.SinceUnixNs),
        response.Checked,
        response.Policies,
        [.. response.Forbidden.Select(Create)]);

    private static Entry Create(ForbiddenTraffic forbidden) => new(
        TrafficEndText.Of(forbidden.Traffic.Client),
        TrafficEndText.Of(forbidden.Traffic.Server),
        Words.Of(forbidden.Traffic.Protocol),
        forbidden.Traffic.Port,
        forbidden.Traffic.Flows,
        UnixTime.ToRfc3339(forbidden.Traffic.LastSeenUnixNs),
        PolicyFields.Of(forbidden.Verdict)!);

    internal sealed record Entry(
        string Client, string Server, string? Protocol, uint Port, ulong Flows, string LastSeen, PolicyFields Policy);
}
