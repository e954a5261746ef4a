using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints the map as a table in Markdown (GitHub's tables), for issues and documents.</summary>
internal static class MapMarkdown
{
    // CommonMark 2.4, and what GitHub makes links of.
    private const string Special = "\\`*_{}[]()<>#+!|~&@:";

    /// <param name="edges">The rows.</param>
    /// <param name="now">The age of edges is relative to it.</param>
    /// <param name="caption">The last line; empty for none.</param>
    public static string Write(IReadOnlyList<Edge> edges, DateTimeOffset now, string caption = "")
    {
        IReadOnlyList<TableColumn> columns = MapColumns.Of(isWide: false);
        var text = new StringBuilder();
        AppendRow(text, columns.Select(column => column.Name));
        AppendRow(text, columns.Select(_ => "---"));
        foreach (TableCell[] row in MapColumns.Rows(edges, now, isWide: false))
            AppendRow(text, row.Select(cell => Escape(PlainText.Of(cell.Text))));
        if (caption.Length > 0)
            text.Append('\n').Append(Escape(caption)).Append('\n');
        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, IEnumerable<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (char letter in text)
        {
            if (letter is '<' or '>' or '&' or '@' or ':' or '|')
                escaped.Append("&#").Append((int)letter).Append(';'); // inside words too, and in every renderer
            else if (Special.Contains(letter))
                escaped.Append('\\').Append(letter);
            else
                escaped.Append(letter);
        }

        return escaped.ToString().Replace("www.", "www&#46;", StringComparison.OrdinalIgnoreCase);
    }
}
