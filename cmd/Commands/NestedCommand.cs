using System.CommandLine;
using System.CommandLine.Parsing;
using Depmap.Common.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Runs a command from within another command, with the global flags of that command.</summary>
/// <param name="root">Called late, because the outer command is one of its subcommands.</param>
internal sealed class NestedCommand(Func<Command> root, ProgramName program)
{
    /// <summary>The commands that help lists.</summary>
    public IEnumerable<string> Names => root().Subcommands.Where(command => !command.Hidden).Select(command => command.Name);

    /// <returns>The usage error; null if the command line is valid.</returns>
    public string? Validate(IReadOnlyList<string> command) => UsageError.Describe(Parse(command), program.Text);

    public Task<int> RunAsync(ParseResult outer, IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        Parse([.. command, .. GlobalFlags(outer)]).InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken);

    private IEnumerable<string> GlobalFlags(ParseResult outer)
    {
        foreach (Option option in root().Options.Where(option => option.Recursive))
        {
            if (outer.GetResult(option) is not OptionResult { Implicit: false } given)
                continue;
            if (given.Tokens.Count == 0) // a flag without a value
                yield return option.Name;
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
