using System.IO.Enumeration;
using Depmap.Common.Options;

namespace Depmap.Plugin.Diff;

/// <summary>
/// Matches edges by their ends: <c>END</c> for either end, or <c>CLIENT->SERVER</c>. <c>*</c> stands for any characters and <c>?</c>
/// for one. A server may have its port: <c>shop/cart:80</c>.
/// </summary>
/// <param name="Client">Null for either end.</param>
internal sealed record IgnorePattern(string? Client, string Server)
{
    private const string Arrow = "->";

    public static Parsed<IgnorePattern> Parse(string text)
    {
        string[] ends = text.Split(Arrow, StringSplitOptions.TrimEntries);
        return ends.Length > 2 || ends.Any(end => end.Length == 0)
            ? Parsed<IgnorePattern>.Invalid("use END or CLIENT->SERVER, such as 'kube-system/*' or 'shop/*->*:53'")
            : new IgnorePattern(ends.Length == 2 ? ends[0] : null, ends[^1]);
    }

    public bool Matches(EdgeId edge) => Client is null
        ? IsClient(Server, edge) || IsServer(edge)
        : IsClient(Client, edge) && IsServer(edge);

    private static bool IsClient(string pattern, EdgeId edge) => Names(edge.Client).Any(name => IsMatch(pattern, name));

    private bool IsServer(EdgeId edge) =>
        Names(edge.Server).Any(name => IsMatch(Server, name) || IsMatch(Server, $"{name}:{edge.Port}"));

    // As the table may print it.
    private static string[] Names(EndId end) => [end.Text, end.TextWithKind];

    // Without escapes: a name has no backslash.
    private static bool IsMatch(string pattern, string text) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase: false);
}
