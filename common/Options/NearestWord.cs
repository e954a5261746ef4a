namespace Depmap.Common.Options;

/// <summary>Finds the word that was probably meant by a mistyped one.</summary>
internal static class NearestWord
{
    /// <summary>The candidate with the fewest edits, if those are at most a third of the longer word's letters.</summary>
    /// <remarks>Case and leading dashes do not count.</remarks>
    public static string? Find(string typed, IEnumerable<string> candidates)
    {
        string bare = Bare(typed);
        return candidates
            .Select(candidate => (Word: candidate, Edits: Edits(bare, Bare(candidate)), Length: Math.Max(bare.Length, Bare(candidate).Length)))
            .Where(candidate => candidate.Edits <= candidate.Length / 3)
            .OrderBy(candidate => candidate.Edits)
            .Select(candidate => candidate.Word)
            .FirstOrDefault();
    }

    private static string Bare(string word) => word.TrimStart('-').ToLowerInvariant();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (the optimal string alignment distance).</summary>
    private static int Edits(string a, string b)
    {
        var edits = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }

                int replaced = edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int best = Math.Min(replaced, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, edits[i - 2, j - 2] + 1);
                edits[i, j] = best;
            }
        }

        return edits[a.Length, b.Length];
    }
}
