using System.CommandLine;
using System.CommandLine.Parsing;

namespace Depmap.Plugin.Commands;

/// <summary>Runs a command from within another, with the flags of all commands that were given to that one.</summary>
/// <param name="root">Asked late: the outer command is itself one of its own.</param>
internal sealed class InnerCommand(Func<Command> root, string program)
{
    /// <returns>What is wrong with it; null where nothing is.</returns>
    public string? Problem(IReadOnlyList<string> command) => ParseProblem.Describe(Parse(command), program);

    public Task<int> RunAsync(ParseResult outer, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        Parse([.. command, .. Shared(outer)]).InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken);

    private IEnumerable<string> Shared(ParseResult outer)
    {
        foreach (Option option in root().Options.Where(option => option.Recursive))
        {
            if (outer.GetResult(option) is not OptionResult { Implicit: false } given)
                continue;
            foreach (Token token in given.Tokens)
            {
                yield return option.Name;
                yield return token.Value;
            }
        }
    }

    private ParseResult Parse(IReadOnlyList<string> args) =>
        root().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
}
