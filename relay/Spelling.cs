namespace Depmap.Relay;

/// <summary>Finds the word that was meant.</summary>
internal static class Spelling
{
    private const int MostEdits = 3;

    /// <summary><c>, did you mean WORD?</c>, or nothing where no word is near.</summary>
    public static string DidYouMean(string typed, IEnumerable<string> words)
    {
        (string Word, int Edits) nearest = words.Select(word => (word, Distance(typed, word))).MinBy(pair => pair.Item2);
        return nearest.Edits <= Math.Min(MostEdits, typed.Length / 2) ? $", did you mean {nearest.Word}?" : "";
    }

    // Levenshtein's distance, one row at a time.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
