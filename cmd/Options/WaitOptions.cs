using System.CommandLine;
using Depmap.Common.Options;

namespace Depmap.Plugin.Options;

/// <summary><c>--wait</c> and <c>--timeout</c>, as kubectl has them.</summary>
internal sealed class WaitOptions
{
    // System.CommandLine leaves a word that is neither true nor false after a bool to the command.
    private enum Wait { True, False }

    private static readonly Choice<Wait> Choices = new(("true", Wait.True), ("false", Wait.False));

    private readonly Option<Wait> _wait;
    private readonly Option<TimeSpan> _timeout;

    // Until version 0.1.
    private readonly Option<bool> _former = new("--no-wait") { Hidden = true };

    /// <param name="end">What is waited for, for help: wait until this.</param>
    /// <param name="timeout">The default of the timeout.</param>
    public WaitOptions(string end, string timeout)
    {
        _wait = ParsedOption.WithDefault(["--wait"], Choices, $"Wait until {end}. With --wait=false, return without waiting.", "true");
        _wait.Arity = ArgumentArity.ZeroOrOne;
        _timeout = ParsedOption.WithDefault(
            ["--timeout"], "DURATION", $"How long to wait until {end}.", OptionParsers.Duration, timeout);
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_wait, _former, _timeout])
            command.Add(option);
    }

    /// <returns>How long to wait; null for not at all.</returns>
    public TimeSpan? Read(ParseResult parse) =>
        parse.GetValue(_wait) == Wait.True && !parse.GetValue(_former) ? parse.GetValue(_timeout) : null;
}
