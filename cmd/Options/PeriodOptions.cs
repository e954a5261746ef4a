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
        OptionResult? since = result.GetResult(Since), until = result.GetResult(Until);
        if (since is null or { Implicit: true } || since.Errors.Any())
            return;
        long from = since.GetValue(Since)!.Value;
        if (until is null or { Implicit: true })
        {
            if (from > UnixTime.Of(_timeProvider.GetUtcNow()))
                result.AddError($"--since {TextOf(since)} is in the future");
        }
        else if (!until.Errors.Any() && from >= until.GetValue(Until)!.Value)
        {
            result.AddError($"--since {TextOf(since)} must be before --until {TextOf(until)}");
        }
    }

    private static string TextOf(OptionResult result) => string.Join(' ', result.Tokens);
}
