using System.Globalization;
using System.Text;

namespace Depmap.Plugin.Output;

/// <summary>
/// Makes text from the cluster safe to print: characters that a terminal acts on, or that reorder or hide others, become <c>\u001b</c>.
/// </summary>
internal static class PlainText
{
    /// <summary>The text, with harmful characters escaped; usually the text itself.</summary>
    public static string Of(string text) => Escape(text, IsHarmful);

    public static bool IsSafe(ReadOnlySpan<char> text)
    {
        if (IsAscii(text))
            return true;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsHarmful(rune) || rune == Rune.ReplacementChar) // or half a pair of surrogates
                return false;
        }

        return true;
    }

    /// <summary>Spaces too, so that a cell of a table is one word.</summary>
    public static string Word(string text) => Escape(text, rune => IsHarmful(rune) || Rune.IsWhiteSpace(rune));

    /// <summary>The same for JSON, in which such characters can only be in strings.</summary>
    public static string OfJson(string json) => Escape(json, rune => IsHarmful(rune) && rune.Value is not '\n');

    // The usual case: printable, without spaces.
    private static bool IsAscii(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('!', '~');

    private static string Escape(string text, Predicate<Rune> isEscaped)
    {
        if (IsAscii(text))
            return text;
        StringBuilder? escaped = null;
        int index = 0;
        while (index < text.Length)
        {
            bool isRune = Rune.TryGetRuneAt(text, index, out Rune rune);
            int length = isRune ? rune.Utf16SequenceLength : 1;
            if (!isRune || isEscaped(rune))
            {
                escaped ??= new StringBuilder(text, 0, index, text.Length + 16);
                foreach (char unit in text.AsSpan(index, length))
                    escaped.Append("\\u").Append(((int)unit).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                escaped?.Append(text, index, length);
            }

            index += length;
        }

        return escaped?.ToString() ?? text;
    }

    private static bool IsHarmful(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse;
}
