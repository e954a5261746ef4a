using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>The JSON fields of what an edge counted, named as in the map.</summary>
internal sealed record CountFields(
    ulong Forwarded, ulong Dropped, DropFields[]? DropReasons, ulong BytesToServer, ulong BytesToClient)
{
    public static CountFields? Of(EdgeCounts? counts) => counts is null ? null : new CountFields(
        counts.Forwarded, counts.Dropped, counts.Reasons, counts.BytesToServer, counts.BytesToClient);
}
