using System.CommandLine;
using System.CommandLine.Parsing;
using Depmap.Common;
using Depmap.Common.Options;

namespace Depmap.Plugin.Options;

/// <summary>The options <c>--since</c> and <c>--until</c>, which select a period.</summary>
internal sealed class PeriodOptions
{
    private readonly TimeProvider _timeProvider;

    /// <param name="since">The description of <c>--since</c>.</param>
    /// <param name="until">The description of <c>--until</c>.</param>
    public PeriodOptions(TimeProvider timeProvider, string since, string until)
    {
        _timeProvider = timeProvider;
        Since = ParsedOption.Optional(["--since"], SinceParser.ValueName, since, text => SinceParser.Parse(text, timeProvider));
        Until = ParsedOption.Optional(["--until"], SinceParser.ValueName, until, text => SinceParser.Parse(text, timeProvider));
    }

    /// <summary>Unix nanoseconds.</summary>
    public Option<long?> Since { get; }

    /// <summary>Unix nanoseconds.</summary>
    public Option<long?> Until { get; }

    public void AddTo(Command command)
    {
        command.Add(Since);
        command.Add(Until);
        command.Validators.Add(Validate);
    }

    private void Validate(CommandResult result)
    {
        if (result.ReadValid(Since) is not { } from)
            return;
        string since = TextOf(result.GetResult(Since)!);
        if (result.GetResult(Until) is not { Implicit: false } until)
        {
            if (from > UnixTime.Of(_timeProvider.GetUtcNow()))
                result.AddError($"--since {since} is in the future");
        }
        else if (from >= result.ReadValid(Until))
        {
            result.AddError($"--since {since} must be before --until {TextOf(until)}");
        }
    }

    private static string TextOf(OptionResult result) => string.Join(' ', result.Tokens);
}
