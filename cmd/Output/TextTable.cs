using System.Text;

namespace Depmap.Plugin.Output;

/// <summary>Aligns rows like kubectl: columns separated by three spaces, no borders, nothing truncated.</summary>
internal static class TextTable
{
    /// <param name="rows">The first row has the column names. All rows have the same length.</param>
    public static string Write(string[][] rows)
    {
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            string line = string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column])));
            text.Append(line.TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
