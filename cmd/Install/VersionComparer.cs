using System.Globalization;

namespace Depmap.Plugin.Install;

/// <summary>Compares versions (semver.org, 11). All pre-releases of a version are equal, and older than the release.</summary>
internal static class VersionComparer
{
    public static bool IsNewer(string version, string other)
    {
        (int[] numbers, bool isPreRelease) = Parse(version);
        (int[] otherNumbers, bool otherIsPreRelease) = Parse(other);
        for (int i = 0; i < 3; i++)
        {
            if (numbers[i] != otherNumbers[i])
                return numbers[i] > otherNumbers[i];
        }

        return !isPreRelease && otherIsPreRelease;
    }

    private static (int[] Numbers, bool IsPreRelease) Parse(string version)
    {
        string[] parts = version.Split('+')[0].Split('-', 2);
        int[] numbers = new int[3];
        string[] fields = parts[0].TrimStart('v').Split('.');
        for (int i = 0; i < Math.Min(3, fields.Length); i++)
            _ = int.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
        return (numbers, parts.Length > 1);
    }
}
