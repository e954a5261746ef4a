using System.CommandLine;
using System.CommandLine.Parsing;

namespace Depmap.Common.Options;

/// <summary>Describes an error in a command line in one line, with a suggestion.</summary>
internal static class UsageError
{
    /// <param name="program">The program's name as the user typed it.</param>
    /// <returns>Null if there is no error.</returns>
    public static string? Describe(ParseResult parse, string program)
    {
        if (parse.UnmatchedTokens.Concat(MistakenFlags(parse)).FirstOrDefault() is { } unknown)
            return Unknown(unknown, parse.CommandResult, program);
        return parse.Errors is [ParseError error, ..] ? Describe(error) : null;
    }

    /// <param name="source">The option or the environment variable.</param>
    /// <param name="error">What a valid value looks like.</param>
    public static string InvalidValue(string value, string source, string error) => $"invalid value \"{value}\" for {source}: {error}";

    /// <summary>The command as the user types it: <c>kubectl depmap observe</c>.</summary>
    public static string FullName(string program, Command command) =>
        command.Parents.Any() ? $"{program} {command.Name}" : program;

    // The parser takes an unknown flag for an argument if the command has any.
    private static IEnumerable<string> MistakenFlags(ParseResult parse) => parse.Tokens.Any(token => token.Type == TokenType.DoubleDash)
        ? []
        : parse.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .Select(token => token.Value).Where(word => word is ['-', _, ..]);

    private static string Unknown(string word, CommandResult result, string program)
    {
        Command command = result.Command;
        string name = word.Split('=')[0];
        // A flag of the subcommand before the subcommand's name.
        if (command.Options.Any(option => option.Name == name || option.Aliases.Contains(name)))
            return $"{name} must come after the command: {FullName(program, command)} {name}";

        string error = word.StartsWith('-') ? $"unknown flag {name}"
            : command.Subcommands.Count > 0 ? $"unknown command \"{word}\""
            : $"unexpected argument \"{word}\"";
        return NearestWord.Find(name, KnownWords(result)) is { } meant
            ? $"{error}, did you mean {meant}?"
            : $"{error}, see {FullName(program, command)} --help";
    }

    private static IEnumerable<string> KnownWords(CommandResult result)
    {
        IEnumerable<Option> inherited = (result.Parent as CommandResult)?.Command.Options.Where(option => option.Recursive) ?? [];
        return result.Command.Options.Concat(inherited).Concat<Symbol>(result.Command.Subcommands)
            .Where(symbol => !symbol.Hidden).Select(symbol => symbol.Name);
    }

    private static string Describe(ParseError error)
    {
        if ((error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult) is not { } result)
            return error.Message.TrimEnd('.');

        Option option = result.Option;
        if (option.ValueType == typeof(bool))
            return InvalidValue(string.Join(' ', result.Tokens), option.Name, "use true or false");
        if (result.Tokens.Count == 0)
            return $"{option.Name} needs a value: {option.Name} {option.HelpName}";
        if (result.Tokens.Count > option.Arity.MaximumNumberOfValues)
            return $"{option.Name} is given {result.Tokens.Count} times, give it once";
        return error.Message.TrimEnd('.');
    }
}
