namespace Depmap.Common.Options;

/// <summary>Finds the word that a mistyped one probably stands for.</summary>
internal static class NearestWord
{
    /// <summary>The candidate with the lowest edit distance, if that is at most a third of the longer word's length.</summary>
    /// <remarks>Case and leading dashes do not matter.</remarks>
    public static string? Find(string typed, IEnumerable<string> candidates)
    {
        string bare = Bare(typed);
        return candidates
            .Select(candidate => (Word: candidate, Bare: Bare(candidate)))
            .Select(candidate => (candidate.Word, candidate.Bare, Distance: Distance(bare, candidate.Bare)))
            .Where(candidate => candidate.Distance <= Math.Max(bare.Length, candidate.Bare.Length) / 3)
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Word)
            .FirstOrDefault();
    }

    private static string Bare(string word) => word.TrimStart('-').ToLowerInvariant();

    /// <summary>Optimal string alignment: insertions, deletions, substitutions and transpositions of neighbours.</summary>
    private static int Distance(string a, string b)
    {
        var distance = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distance[i, j] = i + j;
                    continue;
                }

                int substituted = distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                int best = Math.Min(substituted, 1 + Math.Min(distance[i - 1, j], distance[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, distance[i - 2, j - 2] + 1);
                distance[i, j] = best;
            }
        }

        return distance[a.Length, b.Length];
    }
}
