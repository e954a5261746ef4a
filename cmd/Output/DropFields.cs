using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of a drop reason of an edge.</summary>
internal sealed record DropFields(string? Reason, string? Detail, ulong Count)
{
    public static DropFields Of(DropCount drop)
    {
        (string? reason, string? detail) = Words.Of(drop.Reason, drop.Detail);
        return new DropFields(reason, detail, drop.Count);
    }
}
