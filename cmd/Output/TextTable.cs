using System.Text;

namespace Depmap.Plugin.Output;

/// <summary>
/// Aligns rows like kubectl: columns separated by three spaces, no borders. On a terminal, columns are left out and names are shortened
/// so that no row is longer than the window.
/// </summary>
internal static class TextTable
{
    private const string Separator = "   ";

    /// <summary>The least width to which names are shortened before further columns are left out, and after.</summary>
    private const int ReadableName = 16, ShortestName = 4;

    /// <param name="columns">The columns.</param>
    /// <param name="rows">All rows have a cell for each column.</param>
    /// <param name="style">How it is printed.</param>
    public static string Write(IReadOnlyList<TableColumn> columns, IReadOnlyList<TableCell[]> rows, TableStyle style = default)
    {
        TableCell[] headings = [.. columns.Select(column => new TableCell(column.Name, Tone.Heading))];
        List<TableCell[]> all = [];
        if (!style.NoHeadings)
            all.Add(headings);
        all.AddRange(rows.Select(row => Array.ConvertAll(row, cell => cell with { Text = PlainText.Of(cell.Text) })));
        if (all.Count == 0)
            return "";

        int[] widths = [.. columns.Select((_, column) => all.Max(row => DisplayWidth.Of(row[column].Text)))];
        List<int> shown = [.. Enumerable.Range(0, columns.Count)];
        if (style.Width is { } width)
        {
            LeaveOut(columns, shown, widths, width);
            Shorten(columns, shown, widths, width);
            foreach (int column in shown)
                new ShortNames(widths[column]).Apply(all, column);
        }

        return Write(all, shown, widths, style);
    }

    /// <param name="rows">The first row has the headings.</param>
    /// <inheritdoc cref="Write(IReadOnlyList{TableColumn}, IReadOnlyList{TableCell[]}, TableStyle)"/>
    public static string Write(string[][] rows, TableStyle style = default) => Write(
        [.. rows[0].Select(heading => new TableColumn(heading))],
        [.. rows.Skip(1).Select(row => Array.ConvertAll(row, cell => new TableCell(cell)))],
        style);

    private static string Write(List<TableCell[]> rows, List<int> shown, int[] widths, TableStyle style)
    {
        var text = new StringBuilder();
        foreach (TableCell[] row in rows)
        {
            int last = shown.FindLastIndex(column => row[column].Text.Length > 0);
            int left = style.Width ?? int.MaxValue;
            for (int i = 0; i <= last && left > 0; i++)
            {
                TableCell cell = row[shown[i]];
                // Only a window without room for the shortest names cuts a line.
                string shortened = DisplayWidth.Of(cell.Text) > left ? DisplayWidth.Cut(cell.Text, left) : cell.Text;
                text.Append(style.Paint(shortened, cell.Tone));
                left -= widths[shown[i]] + Separator.Length;
                if (i < last && left > 0)
                    text.Append(' ', Math.Max(0, widths[shown[i]] - DisplayWidth.Of(cell.Text))).Append(Separator);
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static void LeaveOut(IReadOnlyList<TableColumn> columns, List<int> shown, int[] widths, int width)
    {
        while (Total(shown, column => columns[column].IsShortened ? Math.Min(widths[column], ReadableName) : widths[column]) > width
            && shown.Where(column => columns[column].LeftOut > 0).ToArray() is { Length: > 0 } candidates)
        {
            shown.Remove(candidates.MaxBy(column => columns[column].LeftOut));
        }
    }

    // The longest first, so that short names stay whole.
    private static void Shorten(IReadOnlyList<TableColumn> columns, List<int> shown, int[] widths, int width)
    {
        int[] names = [.. shown.Where(column => columns[column].IsShortened)];
        while (Total(shown, column => widths[column]) > width
            && names.Length > 0 && names.MaxBy(column => widths[column]) is var longest && widths[longest] > ShortestName)
        {
            widths[longest]--;
        }
    }

    private static int Total(List<int> shown, Func<int, int> width) => shown.Sum(width) + (Separator.Length * (shown.Count - 1));
}
