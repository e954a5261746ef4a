using System.Buffers;
using System.Text;
using System.Text.Json;
using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>
/// Prints flows as a table with the user's columns, as kubectl's <c>-o custom-columns</c>. A column grows with longer values, so that
/// lines can be printed without knowing later ones.
/// </summary>
internal sealed class FlowColumns : IFlowFormat
{
    private const string Use = "use NAME:PATH, separated by commas, such as CLIENT:.source.pod,SERVER:.destination.service";
    private const int MinColumnWidth = 16, MaxColumnWidth = 64;

    private readonly FlowJson _json = new();
    private readonly IReadOnlyList<(string Name, JsonPath Path)> _columns;
    private readonly int[] _widths;
    private bool _hasHeader;

    private FlowColumns(IReadOnlyList<(string Name, JsonPath Path)> columns)
    {
        _columns = columns;
        _widths = [.. columns.Select(column => Math.Max(column.Name.Length, MinColumnWidth))];
    }

    public static Parsed<FlowColumns> Parse(string columns)
    {
        List<(string, JsonPath)> parsed = [];
        foreach (string column in columns.Split(','))
        {
            if (column.Split(':', 2) is not [not "" and var name, var text] || text.Length == 0
                || JsonPath.Parse(text is ['{', .., '}'] ? text[1..^1] : text) is not { } path)
            {
                return Parsed<FlowColumns>.Invalid(Use);
            }

            parsed.Add((name, path));
        }

        return new FlowColumns(parsed);
    }

    public void Write(Flow flow, IBufferWriter<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(_json.Serialize(flow));
        string[] cells = [.. _columns.Select(column => Cell(column.Path.Find(document.RootElement)))];
        for (int i = 0; i < cells.Length; i++)
            _widths[i] = Math.Max(_widths[i], Math.Min(cells[i].Length, MaxColumnWidth));
        string header = _hasHeader ? "" : Row([.. _columns.Select(column => PlainText.Of(column.Name))]) + "\n";
        _hasHeader = true;
        Encoding.UTF8.GetBytes(header + Row(cells), line);
    }

    // As kubectl prints several values, and none.
    private static string Cell(IReadOnlyList<JsonElement> values) =>
        values.Count > 0 ? string.Join(',', values.Select(JsonValueText.Of)) : "<none>";

    private string Row(string[] cells) => string.Join("   ", cells.Select((cell, i) => cell.PadRight(_widths[i]))).TrimEnd();
}
