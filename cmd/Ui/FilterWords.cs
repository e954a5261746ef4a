using System.CommandLine;
using System.CommandLine.Parsing;
using Depmap.Common.Options;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Ui;

/// <summary>Parses what is typed into the page's filter: the arguments and flags that <c>map</c> takes.</summary>
internal sealed class FilterWords
{
    // A name that nobody has: the parser skips it if it is the first word.
    private readonly Command _command = new("\0");
    private readonly FilterOptions _filter = new(forEdges: true);
    private readonly MapViewOptions _view = new();
    private readonly Option<bool> _multicast = MulticastOption.Create();
    private readonly PeriodOptions _period;
    private readonly string _program;

    public FilterWords(ProgramName program, TimeProvider timeProvider)
    {
        _program = $"{program} map";
        _period = new PeriodOptions(timeProvider, "", "");
        _view.AddTo(_command);
        _filter.AddTo(_command);
        _period.AddTo(_command);
        _command.Add(_multicast);
    }

    /// <param name="text">Such as <c>shop/cart --not to-port=53</c>. Durations end now.</param>
    public Parsed<Selection> Parse(string text)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(text)];
        ParseResult parse = _command.Parse(
            EmptyValue.Separate(ExclusionSyntax.Join(words)), new ParserConfiguration { ResponseFileTokenReplacer = null });
        return UsageError.Describe(parse, _program) is { } error
            ? Parsed<Selection>.Invalid(error)
            : new Selection(
                _filter.Read(parse),
                _view.Read(parse),
                parse.GetValue(_multicast),
                parse.GetValue(_period.Since) ?? 0,
                parse.GetValue(_period.Until) ?? 0);
    }
}
