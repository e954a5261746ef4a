using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>The error for missing rights: a short list, grouped as the rules of a Role are.</summary>
internal static class MissingRights
{
    /// <param name="action">What the user is not allowed to do, such as <c>install</c>.</param>
    public static InstallException Error(string action, IEnumerable<Right> missing, ProgramName program) =>
        new($"you are not allowed to {action} Depmap")
        {
            Details = $"""
                These rights are missing:
                {string.Join('\n', Lines(missing))}
                For an administrator to grant them: {program} install --print-rights -o yaml
                """,
        };

    /// <returns>Lines such as <c>  create, patch configmaps, secrets in depmap, depmap-agents</c>.</returns>
    private static IEnumerable<string> Lines(IEnumerable<Right> missing) =>
        from kind in missing.GroupBy(right => (right.Resource, right.Namespace))
        group kind.Key.Resource by (Verbs: Join(kind.Select(right => right.Verb)), kind.Key.Namespace) into rule
        group rule.Key.Namespace by (rule.Key.Verbs, Resources: Join(rule)) into line
        let place = line.First() is null ? "" : $" in {Join(line!)}"
        select $"  {line.Key.Verbs} {line.Key.Resources}{place}";

    private static string Join(IEnumerable<string> words) => string.Join(", ", words.Distinct());
}
