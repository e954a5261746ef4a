using System.CommandLine;
using System.CommandLine.Parsing;

namespace Depmap.Plugin.Commands;

/// <summary>Makes options whose values are read and checked by one function, with one form of error.</summary>
internal static class TypedOption
{
    /// <summary>An option given at most once.</summary>
    /// <param name="names">The long name, then the short one if any.</param>
    /// <param name="valueName">How help calls the value.</param>
    /// <param name="absent">The value where the option is not given.</param>
    public static Option<T> One<T>(
        string[] names, string valueName, string description, Func<string, Reading<T>> read, T absent) =>
        new(names[0], names[1..])
        {
            HelpName = valueName,
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            DefaultValueFactory = _ => absent,
            CustomParser = result => Read(result, names[0], result.Tokens[0].Value, read),
        };

    /// <summary>An option that may be repeated, and whose values may be separated by commas. Empty where it is not given.</summary>
    public static Option<T[]> Many<T>(
        string[] names, string valueName, string description, Func<string, Reading<T>> read) =>
        new(names[0], names[1..])
        {
            HelpName = valueName,
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            DefaultValueFactory = _ => [],
            CustomParser = result =>
            [
                .. result.Tokens
                    .SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))
                    .Select(word => Read(result, names[0], word, read)),
            ],
        };

    /// <summary>The error for a value that is not understood.</summary>
    public static string Invalid(string value, string source, string problem) =>
        $"invalid value \"{value}\" for {source}: {problem}";

    private static T Read<T>(ArgumentResult result, string option, string word, Func<string, Reading<T>> read)
    {
        Reading<T> reading = read(word);
        if (reading.Problem is { } problem)
            result.AddError(Invalid(word, option, problem));
        return reading.Value;
    }
}
