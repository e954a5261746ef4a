using System.CommandLine;
using System.CommandLine.Completions;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Prints the help of the command that it names, like <c>--help</c> after that command.</summary>
internal sealed class HelpCommand : Command
{
    private readonly Argument<string[]> _command = new("command")
    {
        HelpName = "[COMMAND]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly NestedCommand _nested;
    private readonly Terminal _terminal;

    public HelpCommand(NestedCommand nested, Terminal terminal)
        : base("help", "Print the help of a command.")
    {
        _nested = nested;
        _terminal = terminal;
        // As in kubectl, it is not in the list of commands.
        Hidden = true;
        _command.CompletionSources.Add(_ => nested.Names.Select(name => new CompletionItem(name)));
        Add(_command);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string[] command = parse.GetValue(_command) ?? [];
        return _nested.Validate(command) is { } error
            ? _terminal.Fail(error)
            : await _nested.RunAsync(parse, [.. command, "--help"], cancellationToken);
    }
}
