using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of an edge, in output order. Null fields are left out; counts are always present.</summary>
internal sealed record EdgeFields(
    EndpointFields? Source,
    EndpointFields? Destination,
    string? Protocol,
    ulong Forwarded,
    ulong Dropped,
    DropFields[]? DropReasons,
    ulong BytesToServer,
    ulong BytesToClient,
    ulong? HandshakeMeanUs,
    string? FirstSeen,
    string? LastSeen,
    bool? Guessed,
    bool? Probe,
    bool? Depmap,
    ulong? BytesWithinZone = null,
    ulong? BytesAcrossZones = null,
    bool? Multicast = null)
{
    public static EdgeFields Of(Edge edge) => new(
        EndpointFields.Of(edge.Source, edge.MoreAddresses),
        EndpointFields.Of(edge.Destination, edge.MoreAddresses, edge.DestinationWorkloads),
        Words.Of(edge.Protocol),
        edge.Forwarded,
        edge.Dropped,
        edge.Drops.Count > 0 ? [.. edge.Drops.Select(DropFields.Of)] : null,
        edge.BytesToServer,
        edge.BytesToClient,
        FlowFields.Microseconds(edge.HandshakeMeanNs),
        Time(edge.FirstSeenUnixNs),
        Time(edge.LastSeenUnixNs),
        edge.Guessed ? true : null,
        edge.Probe ? true : null,
        edge.Depmap ? true : null,
        edge.BytesWithinZone + edge.BytesAcrossZones > 0 ? edge.BytesWithinZone : null,
        edge.BytesWithinZone + edge.BytesAcrossZones > 0 ? edge.BytesAcrossZones : null,
        edge.Multicast ? true : null);

    private static string? Time(long unixNanoseconds) => unixNanoseconds > 0 ? UnixTime.ToRfc3339(unixNanoseconds) : null;
}
