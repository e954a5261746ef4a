using System.CommandLine;
using System.CommandLine.Parsing;
using Depmap.Common.Options;

namespace Depmap.Plugin.Commands;

/// <summary>Says in one line what is wrong with a command line, and what was probably meant.</summary>
internal static class ParseProblem
{
    /// <returns>Null where nothing is wrong.</returns>
    public static string? Describe(ParseResult parse, string program)
    {
        if (parse.UnmatchedTokens is [string unknown, ..])
            return Unknown(unknown, parse.CommandResult, program);
        return parse.Errors is [ParseError error, ..] ? Wrong(error) : null;
    }

    private static string Unknown(string word, CommandResult result, string program)
    {
        Command command = result.Command;
        string name = word.Split('=')[0];
        // A flag of the command, given before its name, as kubectl's own may be.
        if (command.Options.Any(option => option.Name == name || option.Aliases.Contains(name)))
            return $"{name} belongs behind the command: {HelpPage.FullName(program, command)} {name}";

        string kind = word.StartsWith('-') ? $"unknown flag {name}"
            : command.Subcommands.Count > 0 ? $"unknown command \"{word}\""
            : $"unexpected argument \"{word}\"";
        return NearestWord.Find(name, Known(result)) is { } meant
            ? $"{kind}, did you mean {meant}?"
            : $"{kind}, see {HelpPage.FullName(program, command)} --help";
    }

    private static IEnumerable<string> Known(CommandResult result)
    {
        IEnumerable<Option> inherited = (result.Parent as CommandResult)?.Command.Options.Where(option => option.Recursive) ?? [];
        return result.Command.Options.Concat(inherited).Select(option => option.Name)
            .Concat(result.Command.Subcommands.Select(command => command.Name));
    }

    private static string Wrong(ParseError error)
    {
        if ((error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult) is not { } result)
            return error.Message;

        Option option = result.Option;
        if (option.ValueType == typeof(bool))
            return TypedOption.Invalid(string.Join(' ', result.Tokens), option.Name, "use true or false");
        if (result.Tokens.Count == 0)
            return $"{option.Name} needs a value: {option.Name} {option.HelpName}";
        if (result.Tokens.Count > option.Arity.MaximumNumberOfValues)
            return $"{option.Name} was given {result.Tokens.Count} times, say it once";
        return error.Message;
    }
}
