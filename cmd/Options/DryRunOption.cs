using System.CommandLine;
using System.CommandLine.Parsing;
using Depmap.Common.Options;
using Depmap.Plugin.Install;

namespace Depmap.Plugin.Options;

/// <summary><c>--dry-run</c> as kubectl has it.</summary>
internal sealed class DryRunOption
{
    private const string Name = "--dry-run";

    private static readonly Choice<DryRun> Choices = new(("none", DryRun.None), ("client", DryRun.Client), ("server", DryRun.Server));

    private readonly Option<DryRun> _option;

    /// <param name="description">What client and server do, for help.</param>
    public DryRunOption(string description)
    {
        _option = ParsedOption.WithDefault([Name], Choices, description, "none");
        _option.Arity = ArgumentArity.ZeroOrOne;
    }

    public void AddTo(Command command) => command.Add(_option);

    /// <param name="warn">Called with a line for the user.</param>
    public DryRun Read(ParseResult parse, Action<string> warn)
    {
        // kubectl's rule, and its words.
        if (parse.GetResult(_option) is not OptionResult { Implicit: false, Tokens.Count: 0 })
            return parse.GetValue(_option);
        warn($"{Name} is deprecated and can be replaced with {Name}=client.");
        return DryRun.Client;
    }
}
