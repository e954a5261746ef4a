namespace Depmap.Plugin.Output;

/// <summary>Breaks text into lines between words.</summary>
internal static class TextWrap
{
    /// <summary>Narrower columns would break words or have one a line.</summary>
    private const int MinWidth = 20;

    /// <summary>Fills the lines of each paragraph. Paragraphs are separated by empty lines; indented text and its title are kept.</summary>
    public static string Paragraphs(string text, int width) => string.Join(
        "\n\n",
        text.ReplaceLineEndings("\n").Split("\n\n").Select(paragraph =>
            paragraph.Contains("\n ", StringComparison.Ordinal) || paragraph.StartsWith(' ')
                ? paragraph
                : string.Join('\n', Lines(paragraph, width))));

    /// <param name="width">The maximum length of a line, unless a word is longer.</param>
    public static IEnumerable<string> Lines(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Math.Max(width, MinWidth))
            {
                yield return line;
                line = "";
            }

            line += line.Length > 0 ? " " + word : word;
        }

        yield return line;
    }
}
