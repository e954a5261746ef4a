using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of why one end reaches another or not.</summary>
internal sealed record WhyFields(
    string? Source,
    string? Destination,
    string? Since,
    ulong Forwarded,
    ulong Dropped,
    FlowFields[] Flows,
    PolicyCheckFields[] Policies,
    ReadinessFields[] Services)
{
    public static WhyFields Of(ExplainResponse response) => new(
        response.Source.Length > 0 ? response.Source : null,
        response.Destination.Length > 0 ? response.Destination : null,
        response.SinceUnixNs > 0 ? UnixTime.ToRfc3339(response.SinceUnixNs) : null,
        response.Forwarded,
        response.Dropped,
        [.. response.Flows.Select(FlowFields.Of)],
        [.. response.Checks.Select(PolicyCheckFields.Of)],
        [.. response.Services.Select(ReadinessFields.Of)]);
}
