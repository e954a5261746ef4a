using System.Text.RegularExpressions;

namespace Depmap.Common.Options;

/// <summary>
/// A label query, as kubectl calls the selector of its <c>-l</c>: requirements separated by commas, all of which must be met.
/// </summary>
/// <remarks>Kubernetes: Labels and Selectors. As there, <c>!=</c> and <c>notin</c> also select what has no such label.</remarks>
internal sealed partial class LabelQuery
{
    private const string Use = "use a selector such as app=web, app!=web, 'app in (web,api)', 'app notin (web)', app or !app";

    private readonly IReadOnlyList<Requirement> _requirements;

    private LabelQuery(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    public static Parsed<LabelQuery> Parse(string text)
    {
        List<Requirement> requirements = [];
        for (int start = 0; ;)
        {
            Match match = Next().Match(text, start);
            if (!match.Success)
                return Parsed<LabelQuery>.Invalid(Use);
            string key = match.Groups["key"].Value + match.Groups["absent"].Value;
            bool isSet = match.Groups["set"].Success;
            string[] values = isSet ? match.Groups["set"].Value.Split(',', StringSplitOptions.TrimEntries) : [match.Groups["value"].Value];
            string operation = match.Groups["operation"].Value;
            if (!Key().IsMatch(key) || !values.All(value => Value().IsMatch(value)))
                return Parsed<LabelQuery>.Invalid(Use);
            bool isNegative = operation is "!=" or "notin" || match.Groups["absent"].Success;
            requirements.Add(new Requirement(key, operation.Length > 0 ? values : null, isNegative));
            start = match.Index + match.Length;
            if (start == text.Length)
                return new LabelQuery(requirements);
            start++; // the comma
        }
    }

    /// <param name="labels">Where to find labels.</param>
    /// <param name="find">Returns the value of a label; null if there is none.</param>
    public bool Matches<T>(T labels, Func<T, string, string?> find)
    {
        foreach (Requirement requirement in _requirements)
        {
            string? value = find(labels, requirement.Key);
            bool isMet = value is not null && (requirement.Values is null || Array.IndexOf(requirement.Values, value) >= 0);
            if (isMet == requirement.IsNegative)
                return false;
        }

        return true;
    }

    /// <param name="Values">Null if any value will do.</param>
    private readonly record struct Requirement(string Key, string[]? Values, bool IsNegative);

    // One requirement, up to a comma that is not in parentheses, or the end.
    [GeneratedRegex(
        @"\G\s*(?:!\s*(?<absent>[^\s,!=()]+)"
        + @"|(?<key>[^\s,!=()]+)(?:\s*(?<operation>==|=|!=)\s*(?<value>[^\s,!=()]*)|\s+(?<operation>in|notin)\s*\((?<set>[^()]*)\))?)"
        + @"\s*(?=,|$)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Next();

    [GeneratedRegex(
        @"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Key();

    [GeneratedRegex(@"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Value();
}
