namespace Depmap.Plugin.Options;

/// <summary>
/// Makes <c>--context=</c>, which a shell makes of <c>--context="$UNSET"</c>, an option with an empty value as for kubectl.
/// System.CommandLine takes it for an option without a value.
/// </summary>
internal static class EmptyValue
{
    public static IReadOnlyList<string> Separate(IEnumerable<string> args) => [.. args.SelectMany(arg =>
        arg.StartsWith("--", StringComparison.Ordinal) && arg.IndexOf('=') == arg.Length - 1 ? new[] { arg[..^1], "" } : [arg])];
}
