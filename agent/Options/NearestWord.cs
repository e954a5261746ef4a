namespace Depmap.Agent.Options;

/// <summary>Finds what someone most likely meant.</summary>
internal static class NearestWord
{
    /// <summary>The word with the fewest letters to add, drop or change; the first of those.</summary>
    public static string To(string typed, IEnumerable<string> words) => words.MinBy(word => Distance(typed, word))!;

    // Levenshtein, row by row.
    private static int Distance(string from, string to)
    {
        int[] row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int change = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
