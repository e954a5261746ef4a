using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Output;

/// <summary>Prints on stderr what is not a result and may have names or messages of the cluster in it.</summary>
internal static class TerminalNotes
{
    /// <param name="text">One line or several.</param>
    public static void Note(this Terminal terminal, string text)
    {
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
            terminal.Error.WriteLine(PlainText.Of(line));
    }
}
