using System.Text;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Plugin.Output;
using Depmap.Plugin.Yaml;
using Depmap.V1;

namespace Depmap.Plugin.Policies;

/// <summary>Prints generated policies as YAML, with comments.</summary>
internal static class PolicyYaml
{
    public static string Write(TrafficResponse seen, IReadOnlyList<PolicyDocument> documents, DateTimeOffset now)
    {
        var text = new StringBuilder();
        DateTimeOffset since = UnixTime.ToUtc(seen.SinceUnixNs);
        Comment(text, $"Made from what was seen in {Quantity.Age(now - since)}, from {Format(since)} to {Format(now)}.");
        Comment(text, "What runs less often, such as a nightly job, is missing here and would be forbidden: review before you apply.");
        if (seen.Guessed > 0)
            Comment(text, $"{seen.Guessed} flows are left out because it is not certain who opened them.");
        if (seen.Forgotten > 0)
            Comment(text, $"{seen.Forgotten} kinds of flows are missing: the relay had no room for them.");
        foreach (PolicyDocument document in documents)
        {
            if (document.Policy is not null)
                text.Append("---\n");
            foreach (string comment in document.Comments)
                Comment(text, comment);
            if (document.Policy is { } policy)
                text.Append(YamlText.Write([policy]));
        }

        return text.ToString();
    }

    public static JsonObject CreateList(IEnumerable<PolicyDocument> documents) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "List",
        ["items"] = new JsonArray([.. documents.Select(document => (JsonNode?)document.Policy).Where(policy => policy is not null)]),
    };

    private static string Format(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";

    // Names outside are chosen by others: a line break would end the comment.
    private static void Comment(StringBuilder text, string comment) =>
        text.Append("# ").Append(string.Concat(comment.Select(letter => IsPrinted(letter) ? letter : '?'))).Append('\n');

    private static bool IsPrinted(char letter) => char.GetUnicodeCategory(letter) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
        or System.Globalization.UnicodeCategory.Surrogate);
}
