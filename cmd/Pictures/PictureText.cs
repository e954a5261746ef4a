using System.Globalization;
using System.Text;

namespace Depmap.Plugin.Pictures;

/// <summary>Texts of a picture, which come from the cluster or from outside of it.</summary>
internal static class PictureText
{
    /// <summary>
    /// Replaces what a reader cannot see or what reorders text: control and format characters (bidirectional marks), line separators, and
    /// halves of surrogate pairs, which no XML or JSON can hold.
    /// </summary>
    public static string Visible(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isVisible = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned);
            result.Append(isVisible ? rune.ToString() : "\uFFFD");
        }

        return result.ToString();
    }

    /// <summary>At most so many characters: the middle of a longer text is replaced by an ellipsis.</summary>
    public static string Shortened(string text, int length)
    {
        if (text.Length <= length)
            return text;
        int end = (length - 1) / 2;
        int start = length - 1 - end;
        // Not between the halves of a surrogate pair.
        if (char.IsHighSurrogate(text[start - 1]))
            start--;
        if (char.IsLowSurrogate(text[^end]))
            end--;
        return $"{text[..start]}…{text[^end..]}";
    }
}
