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
    bool? Probe,
    bool? Depmap,
    string? Id,
    string? Event,
    string? Closed,
    ulong? DurationUs,
    ulong? BytesToServer,
    ulong? BytesToClient,
    ulong? PacketsToServer,
    ulong? PacketsToClient,
    PolicyFields? Policy)
{
    public static FlowFields Of(Flow flow)
    {
        (string? reason, string? detail) = Words.Of(flow.DropReason, flow.DropReasonDetail);
        bool isClose = flow.ClosedUnixNs > 0;
        // Older agents do not count packets.
        bool hasPackets = isClose && flow.PacketsToServer + flow.PacketsToClient > 0;
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
            flow.Probe ? true : null,
            flow.Depmap ? true : null,
            flow.Id > 0 ? $"{flow.Id:x16}" : null,
            isClose ? "close" : null,
            isClose ? UnixTime.ToRfc3339(flow.ClosedUnixNs) : null,
            Microseconds(flow.DurationNs),
            isClose ? flow.BytesToServer : null,
            isClose ? flow.BytesToClient : null,
            hasPackets ? flow.PacketsToServer : null,
            hasPackets ? flow.PacketsToClient : null,
            PolicyFields.Of(flow.Policy));
    }

    /// <returns>Null for 0 (unknown); otherwise at least 1.</returns>
    public static ulong? Microseconds(ulong nanoseconds) =>
        nanoseconds == 0 ? null : Math.Max(1, nanoseconds / 1000);
}
