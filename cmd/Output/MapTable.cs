using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints the map as a table like kubectl's, without spaces in cells, so that awk can split it.</summary>
internal static class MapTable
{
    /// <param name="edges">The rows.</param>
    /// <param name="now">The age of edges is relative to it.</param>
    /// <param name="style">How it is printed.</param>
    /// <param name="isWide">Whether all columns are wanted.</param>
    public static string Write(IReadOnlyList<Edge> edges, DateTimeOffset now, TableStyle style = default, bool isWide = false) =>
        TextTable.Write(MapColumns.Of(isWide), MapColumns.Rows(edges, now, isWide), style);
}
