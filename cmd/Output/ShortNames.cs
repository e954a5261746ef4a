namespace Depmap.Plugin.Output;

/// <summary>Shortens names in the middle, each differently: <c>shop/che…ervice</c>.</summary>
internal sealed class ShortNames(int width)
{
    private readonly Dictionary<string, string> _names = [];
    private readonly HashSet<string> _taken = [];

    public void Apply(List<TableCell[]> rows, int column)
    {
        // Whole names first: a shortened one must not look like them.
        foreach (string name in rows.Select(row => row[column].Text).Where(name => DisplayWidth.Of(name) <= width))
            _taken.Add(name);
        foreach (TableCell[] row in rows)
            row[column] = row[column] with { Text = Shorten(row[column].Text) };
    }

    private string Shorten(string name)
    {
        if (DisplayWidth.Of(name) <= width)
            return name;
        if (_names.TryGetValue(name, out string? known))
            return known;
        string shortened = Shorten(name, "…");
        for (int number = 2; !_taken.Add(shortened); number++)
            shortened = Shorten(name, $"…{number}…");
        return _names[name] = shortened;
    }

    private string Shorten(string name, string middle)
    {
        int kept = Math.Max(0, width - DisplayWidth.Of(middle));
        string start = DisplayWidth.Cut(name, (kept + 1) / 2);
        string shortened = start + middle + DisplayWidth.Cut(name, kept - DisplayWidth.Of(start), keepEnd: true);
        // Narrower than the mark itself.
        return DisplayWidth.Of(shortened) > width && width < DisplayWidth.Of(middle) ? middle : shortened;
    }
}
