using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>An edge that differs between two maps.</summary>
/// <param name="Before">Null if it is new.</param>
/// <param name="After">Null if it is gone.</param>
internal sealed record EdgeChange(ChangeKind Kind, EdgeId Id, EdgeCounts? Before, EdgeCounts? After)
{
    /// <summary>The word in each format.</summary>
    public string Word => Kind.ToString().ToLowerInvariant();
}
