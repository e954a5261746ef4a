using System.CommandLine;
using System.CommandLine.Completions;

namespace Depmap.Plugin.Completion;

/// <summary>Completes the last word of a command line.</summary>
/// <param name="names">
/// Returns words that complete a value besides those that its flag or argument knows: by the name of the flag or argument, and by the
/// start of the value.
/// </param>
internal sealed class Completer(Command root, Func<ParseResult, string, string, Task<IEnumerable<string>>> names)
{
    /// <summary>The first argument of a program that is asked for completions, as in programs made with Cobra.</summary>
    public const string Request = "__complete";

    private const string File = "FILE";

    /// <param name="args">The words up to the cursor. The last one is completed; it may be empty.</param>
    public async Task<Completions> CompleteAsync(IReadOnlyList<string> args)
    {
        string current = args.Count > 0 ? args[^1] : "";
        string[] words = Nested([.. args.SkipLast(1)]);
        ParseResult parse = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        Command command = parse.CommandResult.Command;
        if (words.Contains("--"))
            return Completions.None;
        if (words.Length > 0 && Find(command, words[^1]) is { } pending && pending.ValueType != typeof(bool)
            && pending.Arity.MinimumNumberOfValues > 0)
            return await ValuesAsync(parse, pending, current);
        if (current.StartsWith('-') && current.Split('=', 2) is [string flag, string value])
            return Find(command, flag) is { } option ? await ValuesAsync(parse, option, value) : Completions.None;
        if (current.StartsWith('-'))
            return Starting(Flags(parse, command, current == "-"), current);
        return Starting(command.Subcommands.Count > 0 ? Commands(command) : await ArgumentsAsync(parse, command, current), current);
    }

    /// <summary>The words of the command that <c>try</c> runs, whose flags are behind <c>--</c>.</summary>
    private static string[] Nested(string[] words)
    {
        int end = Array.IndexOf(words, "--");
        return end > 0 && words[..end].Contains("try")
            ? [words[..end].Contains("map") ? "map" : "observe", .. words[(end + 1)..]]
            : words;
    }

    private static Completions Starting(IEnumerable<(string Word, string? Description)> words, string start) =>
        new([.. words.Where(word => word.Word.StartsWith(start, StringComparison.Ordinal))]);

    private static IEnumerable<(string, string?)> Commands(Command command) =>
        command.Subcommands.Where(it => !it.Hidden).Select(it => (it.Name, (string?)it.Description!.Split('\n')[0]));

    private static IEnumerable<(string, string?)> Flags(ParseResult parse, Command command, bool withShort)
    {
        foreach (Option option in Options(command))
        {
            bool isGiven = parse.GetResult(option) is { Implicit: false };
            if (option.Hidden || (isGiven && option.Arity.MaximumNumberOfValues <= 1))
                continue;
            yield return (option.Name, option.Description);
            // Long aliases are former names.
            foreach (string alias in option.Aliases.Where(alias => withShort && alias is ['-', not '-']))
                yield return (alias, option.Description);
        }
    }

    private static Option? Find(Command command, string name) =>
        Options(command).FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static IEnumerable<Option> Options(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive));

    private static IEnumerable<string> Known(IEnumerable<Func<CompletionContext, IEnumerable<CompletionItem>>> sources) =>
        sources.SelectMany(source => source(CompletionContext.Empty)).Select(item => item.Label);

    private async Task<IEnumerable<(string, string?)>> ArgumentsAsync(ParseResult parse, Command command, string current)
    {
        if (command.Arguments.Skip(parse.CommandResult.Tokens.Count).FirstOrDefault() is not { } argument)
            return [];
        return Known(argument.CompletionSources).Concat(await names(parse, argument.Name, current)).Select(it => (it, (string?)null));
    }

    private async Task<Completions> ValuesAsync(ParseResult parse, Option option, string current)
    {
        if (option.HelpName == File)
            return new Completions([], AreFiles: true);
        // The values of a list are separated by commas.
        string before = option.Arity.MaximumNumberOfValues > 1 ? current[..(current.LastIndexOf(',') + 1)] : "";
        IEnumerable<string> values = Known(option.CompletionSources)
            .Concat(await names(parse, option.Name, current[before.Length..]))
            .Distinct()
            .Except(before.Split(','));
        return Starting(values.Select(value => (before + value, (string?)null)), current);
    }
}
