using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Output;

/// <summary>How a table is printed.</summary>
/// <param name="Width">The window's number of columns, which no row exceeds; null to print everything.</param>
internal readonly record struct TableStyle(int? Width = null, bool HasColor = false, bool NoHeadings = false)
{
    /// <summary>In a pipe or a file, nothing is left out.</summary>
    public static TableStyle Of(Terminal terminal, ColorMode color, bool noHeadings = false) =>
        new(terminal.OutIsTerminal ? terminal.Width() : null, terminal.UsesColor(color), noHeadings);

    public string Paint(string text, Tone tone) => !HasColor || text.Length == 0 ? text : tone switch
    {
        Tone.Good => $"\e[32m{text}\e[0m",
        Tone.Bad => $"\e[31m{text}\e[0m",
        Tone.Reason => $"\e[33m{text}\e[0m",
        Tone.Faint => $"\e[2m{text}\e[0m",
        Tone.Heading => $"\e[1m{text}\e[0m",
        _ => text,
    };
}
