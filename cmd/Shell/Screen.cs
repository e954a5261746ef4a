using System.Text;

namespace Depmap.Plugin.Shell;

/// <summary>Prints a text again and again: in place on a terminal, elsewhere in blocks separated by an empty line.</summary>
internal sealed class Screen(Terminal terminal)
{
    private bool _isUsed;

    /// <summary>Whether texts replace each other.</summary>
    public bool IsInPlace { get; } = terminal.CanRedraw;

    /// <param name="text">Lines that fit the terminal's width, each with its end.</param>
    public void Print(string text)
    {
        if (IsInPlace)
            terminal.Print(Redraw(text));
        else
            terminal.Print(_isUsed ? "\n" + text : text);
        _isUsed = true;
    }

    // Each line is cleared as it is replaced, so that the screen does not flicker.
    private string Redraw(string text)
    {
        string[] lines = text.TrimEnd('\n').Split('\n');
        int rows = (terminal.Height() ?? int.MaxValue) - 1; // the cursor is below the last line
        int shown = lines.Length <= rows ? lines.Length : Math.Max(1, rows - 1);
        var drawn = new StringBuilder(_isUsed ? "\e[H" : "\e[2J\e[H");
        foreach (string line in lines.AsSpan(0, shown))
            drawn.Append(line).Append("\e[K\n");
        if (shown < lines.Length)
            drawn.Append(lines.Length - shown).Append(" more lines\e[K\n");
        return drawn.Append("\e[J").ToString();
    }
}
