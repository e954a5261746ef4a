using System.CommandLine;
using Depmap.Common.Options;
using Depmap.V1;

namespace Depmap.Plugin.Options;

/// <summary>A flag whose values are added to a filter.</summary>
internal sealed class FilterFlag
{
    private readonly Parser<Action<Filter>> _parser;
    private readonly char? _separator;

    /// <param name="names">The long name, then the short one if there is one.</param>
    /// <param name="valueName">The value's name in help.</param>
    /// <param name="parser">Turns a value into a change of the filter.</param>
    /// <param name="separator">What separates values; null if only repeating the flag gives several.</param>
    public FilterFlag(string[] names, string valueName, string description, Parser<Action<Filter>> parser, char? separator = ',')
    {
        (_parser, _separator) = (parser, separator);
        Option = ParsedOption.List(names, valueName, description, parser, separator);
    }

    /// <summary>A flag whose values are words.</summary>
    public static FilterFlag Of<T>(string name, Choice<T> choice, string description, Action<Filter, T> add)
    {
        var flag = new FilterFlag([name], choice.Names, description, text =>
        {
            (T value, string? error) = choice.Parse(text);
            return error is null ? new Parsed<Action<Filter>>(filter => add(filter, value), null) : Parsed<Action<Filter>>.Invalid(error);
        });
        flag.Option.CompletionSources.Add([.. choice.Words]);
        return flag;
    }

    public Option<Action<Filter>[]> Option { get; }

    /// <summary>The name without dashes, as <c>--not</c> takes it.</summary>
    public string Name => Option.Name[2..];

    /// <summary>Turns all values of a text into one change of the filter.</summary>
    public Parsed<Action<Filter>> ParseAll(string text)
    {
        Action<Filter>? all = null;
        foreach (string value in _separator is { } letter ? text.Split(letter, StringSplitOptions.TrimEntries) : [text])
        {
            (Action<Filter> add, string? error) = _parser(value);
            if (error is not null)
                return Parsed<Action<Filter>>.Invalid(error);
            all += add;
        }

        return all!;
    }
}
