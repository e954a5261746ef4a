using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of a flow, in output order. Null fields are left out.</summary>
internal sealed record FlowFields(
    string Time,
    string? Verdict,
    string? DropReason,
    string? DropReasonDetail,
    string? Protocol,
    EndpointFields? Source,
    EndpointFields? Destination,
    string? Node,
    ulong? HandshakeUs,
    bool? Guessed,
    bool? Probe)
{
    public static FlowFields Of(Flow flow)
    {
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        return new FlowFields(
            UnixTime.ToRfc3339(flow.TimeUnixNs),
            Words.Of(flow.Verdict),
            reason,
            detail,
            Words.Of(flow.Protocol),
            EndpointFields.Of(flow.Source),
            EndpointFields.Of(flow.Destination),
            flow.Node.Length > 0 ? flow.Node : null,
            Microseconds(flow.HandshakeNs),
            flow.Guessed ? true : null,
            flow.Probe ? true : null);
    }

    /// <returns>Null for 0 (unknown); otherwise at least 1.</returns>
    public static ulong? Microseconds(ulong nanoseconds) =>
        nanoseconds == 0 ? null : Math.Max(1, nanoseconds / 1000);
}
