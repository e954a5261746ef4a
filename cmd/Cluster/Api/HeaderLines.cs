namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Writes several values of one header as one line each. .NET joins them with commas, which the API server reads as one group
/// with a comma in its name. HTTP/1.1 only.
/// </summary>
internal sealed class HeaderLines(string name) : HeaderEncoding
{
    // A private-use character, which no name contains.
    private const char Separator = '\uE000';

    public static string Join(IEnumerable<string> values) => string.Join(Separator, values);

    public override int GetMaxByteCount(int charCount) => UTF8.GetMaxByteCount(charCount * (name.Length + 4));

    protected override string Rewrite(string value) => value.Replace($"{Separator}", $"\r\n{name}: ", StringComparison.Ordinal);
}
