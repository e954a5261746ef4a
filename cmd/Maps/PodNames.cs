using System.Text.RegularExpressions;

namespace Depmap.Plugin.Maps;

/// <summary>Finds the workload of a pod by their names, because the map has no pods.</summary>
internal static partial class PodNames
{
    /// <param name="pod">The name of a pod, or its beginning if it ends with <c>…</c> or <c>...</c>, as a table may print it.</param>
    /// <param name="kind">In lowercase, such as <c>deployment</c>.</param>
    public static bool IsOf(string pod, string kind, string workload)
    {
        if (pod == workload)
            return kind == "pod";
        if (pod.TrimEnd('…', '.') is var start && start.Length < pod.Length)
            return $"{workload}-".StartsWith(start, StringComparison.Ordinal) || start.StartsWith($"{workload}-", StringComparison.Ordinal);
        if (!pod.StartsWith($"{workload}-", StringComparison.Ordinal))
            return false;
        string suffix = pod[(workload.Length + 1)..];
        return kind switch
        {
            "deployment" or "rollout" => OfTemplate().IsMatch(suffix),
            "statefulset" => OfOrdinal().IsMatch(suffix),
            "cronjob" => OfSchedule().IsMatch(suffix),
            "deploymentconfig" => OfVersion().IsMatch(suffix),
            "daemonset" or "replicaset" or "replicationcontroller" => OfRandom().IsMatch(suffix),
            "job" => OfRandom().IsMatch(suffix) || OfIndex().IsMatch(suffix),
            // The names of other kinds' pods follow no common rule.
            "pod" or "service" or "node" => false,
            _ => true,
        };
    }

    [GeneratedRegex("^[a-z0-9]{1,10}-[a-z0-9]{5}$")]
    private static partial Regex OfTemplate();

    [GeneratedRegex("^[0-9]+$")]
    private static partial Regex OfOrdinal();

    [GeneratedRegex("^[0-9]+-([0-9]+-)?[a-z0-9]{5}$")]
    private static partial Regex OfSchedule();

    [GeneratedRegex("^[0-9]+-[a-z0-9]{5}$")]
    private static partial Regex OfVersion();

    [GeneratedRegex("^[a-z0-9]{5}$")]
    private static partial Regex OfRandom();

    [GeneratedRegex("^[0-9]+-[a-z0-9]{5}$")]
    private static partial Regex OfIndex();
}
