using System.Text;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>
/// Prints differences as a table of GitHub's Markdown. Names are code, in which neither HTML nor links nor emphasis exist.
/// </summary>
internal static class DiffMarkdown
{
    public static string Write(IReadOnlyList<EdgeChange> changes)
    {
        if (changes.Count == 0)
            return "No differences.\n";
        var text = new StringBuilder();
        Append(text, DiffTable.Columns.Select(column => column.Name));
        Append(text, DiffTable.Columns.Select(_ => "---"));
        foreach (TableCell[] row in DiffTable.Rows(changes))
            Append(text, row.Select((cell, column) => column == 0 ? cell.Text : Code(cell.Text)));
        return text.ToString();
    }

    private static void Append(StringBuilder text, IEnumerable<string> cells) => text.Append($"| {string.Join(" | ", cells)} |\n");

    private static string Code(string text)
    {
        string visible = PlainText.Of(text);
        // Longer than any run of backticks in it (CommonMark 6.1); a pipe is escaped in code too (GFM 4.10).
        int longest = 0, run = 0;
        foreach (char letter in visible)
        {
            run = letter == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        string fence = new('`', longest + 1);
        string padding = longest > 0 ? " " : "";
        return $"{fence}{padding}{visible.Replace("|", "\\|", StringComparison.Ordinal)}{padding}{fence}";
    }
}
