using System.Globalization;

namespace Depmap.Plugin.Install;

/// <summary>Which of two versions is the newer (semver.org, 11; of pre-releases only that they come before).</summary>
internal static class ProductOrder
{
    public static bool IsNewer(string version, string than)
    {
        (int[] numbers, bool early) = Parse(version);
        (int[] others, bool earlyOther) = Parse(than);
        for (int i = 0; i < 3; i++)
        {
            if (numbers[i] != others[i])
                return numbers[i] > others[i];
        }

        return !early && earlyOther;
    }

    private static (int[] Numbers, bool Early) Parse(string version)
    {
        string[] parts = version.Split('+')[0].Split('-', 2);
        int[] numbers = new int[3];
        string[] words = parts[0].TrimStart('v').Split('.');
        for (int i = 0; i < Math.Min(3, words.Length); i++)
            _ = int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
        return (numbers, parts.Length > 1);
    }
}
