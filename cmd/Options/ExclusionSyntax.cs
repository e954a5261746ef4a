namespace Depmap.Plugin.Options;

/// <summary>
/// Makes <c>--not --port 80</c>, as Hubble has it, the value of <c>--not</c>: <c>--not=--port=80</c>. System.CommandLine would take it for
/// two flags.
/// </summary>
internal static class ExclusionSyntax
{
    private const string Not = "--not";

    public static IEnumerable<string> Join(IReadOnlyList<string> args)
    {
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i] != Not || i + 1 == args.Count || !args[i + 1].StartsWith('-'))
            {
                yield return args[i];
                continue;
            }

            string flag = args[++i];
            yield return flag.Contains('=') || i + 1 == args.Count ? $"{Not}={flag}" : $"{Not}={flag}={args[++i]}";
        }
    }
}
