using YamlDotNet.Core;

namespace Depmap.Plugin.Yaml;

/// <summary>Explains errors whose cause is known better from the text than from the parser's message.</summary>
internal static class YamlHint
{
    /// <exception cref="YamlException">The text was saved in another encoding.</exception>
    public static void CheckEncoding(string text)
    {
        int position = text.IndexOf('\0');
        if (position >= 0)
            throw At(text.AsSpan(0, position).Count('\n'), "it contains null characters. Save the file as UTF-8", null);
    }

    /// <returns>Null if the failure's own message is the best.</returns>
    public static YamlException? Explain(YamlException failure, string text)
    {
        bool isTab = failure.Message.Contains("tab", StringComparison.Ordinal);
        bool mayBeTab = isTab || failure.Message.Contains("cannot start any token", StringComparison.Ordinal);
        string[] lines = text.Split('\n');
        // A mapping with a tab in it is reported at its start.
        long end = isTab ? lines.Length : Math.Min(lines.Length, failure.End.Line);
        for (int i = (int)failure.Start.Line - 1; i < end; i++)
        {
            if (lines[i].Contains("{{", StringComparison.Ordinal))
                return At(i, "it contains a template {{ }} that was not rendered", failure);
            if (mayBeTab && lines[i].TakeWhile(char.IsWhiteSpace).Contains('\t'))
                return At(i, "it is indented with a tab. Use spaces", failure);
        }

        return null;
    }

    /// <param name="index">Of the line, from 0.</param>
    private static YamlException At(int index, string message, Exception? cause)
    {
        var mark = new Mark(0, index + 1, 1);
        return cause is null ? new YamlException(mark, mark, message) : new YamlException(mark, mark, message, cause);
    }
}
