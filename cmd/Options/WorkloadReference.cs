using Depmap.Common.Options;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Options;

/// <summary>
/// Parses <c>[NAMESPACE/][KIND/]NAME</c>. Before one slash is a kind, if kubectl has such a name or it starts like a kind, with a
/// capital letter.
/// </summary>
internal static class WorkloadReference
{
    /// <returns><c>NAMESPACE/KIND/NAME</c>, with an empty part for any.</returns>
    public static Parsed<string> Parse(string text) => text.Split('/') switch
    {
        [not ""] => $"//{text}",
        [not "" and var kind, not "" and var name] when FindKind(kind) is { } known => $"/{known}/{name}",
        [not "" and var ns, not "" and var name] => $"{ns}//{name}",
        [not "" and var ns, not "" and var kind, not "" and var name] => $"{ns}/{FindKind(kind) ?? kind}/{name}",
        _ => Parsed<string>.Invalid("use NAME, KIND/NAME, NAMESPACE/NAME or NAMESPACE/KIND/NAME, such as deploy/web"),
    };

    // Anything may own pods, such as a kind of an operator.
    private static string? FindKind(string word) =>
        ObjectReference.FindWorkloadKind(word) ?? (char.IsAsciiLetterUpper(word[0]) ? word : null);
}
