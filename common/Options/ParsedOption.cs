using System.CommandLine;
using System.CommandLine.Parsing;

namespace Depmap.Common.Options;

/// <summary>Creates options whose values are checked by a <see cref="Parser{T}"/>, with the same error message for all.</summary>
internal static class ParsedOption
{
    /// <summary>An option that has a default.</summary>
    /// <param name="names">The long name, then the short one if there is one.</param>
    /// <param name="valueName">The value's name in help.</param>
    /// <param name="fallback">The default as the user would type it; help shows it.</param>
    public static Option<T> WithDefault<T>(string[] names, string valueName, string description, Parser<T> parser, string fallback) =>
        Single(names, valueName, $"{description} (default {fallback})", parser, parser(fallback).Value);

    /// <summary>An option that has a default, and whose value is one of a few words.</summary>
    /// <inheritdoc cref="WithDefault{T}(string[], string, string, Parser{T}, string)"/>
    public static Option<T> WithDefault<T>(string[] names, Choice<T> choice, string description, string fallback) =>
        Completed(WithDefault(names, choice.Names, description, choice.Parse, fallback), choice);

    /// <summary>An option that is null unless it is given.</summary>
    /// <inheritdoc cref="WithDefault{T}(string[], string, string, Parser{T}, string)"/>
    public static Option<T?> Optional<T>(string[] names, string valueName, string description, Parser<T> parser)
        where T : struct =>
        Single<T?>(
            names,
            valueName,
            description,
            text =>
            {
                (T value, string? error) = parser(text);
                return new Parsed<T?>(value, error);
            },
            absent: null);

    /// <summary>The same for a class.</summary>
    /// <inheritdoc cref="WithDefault{T}(string[], string, string, Parser{T}, string)"/>
    public static Option<T?> Reference<T>(string[] names, string valueName, string description, Parser<T> parser)
        where T : class =>
        Single<T?>(names, valueName, description, text => parser(text)!, absent: null);

    /// <summary>An option that is null unless it is given, and whose value is one of a few words.</summary>
    /// <inheritdoc cref="WithDefault{T}(string[], string, string, Parser{T}, string)"/>
    public static Option<T?> Optional<T>(string[] names, Choice<T> choice, string description)
        where T : struct =>
        Completed(Optional(names, choice.Names, description, choice.Parse), choice);

    /// <summary>An option that may be repeated and whose values may be separated by commas; empty unless it is given.</summary>
    /// <inheritdoc cref="WithDefault{T}(string[], string, string, Parser{T}, string)"/>
    /// <param name="separator">What separates values; null if only repeating the option gives several.</param>
    public static Option<T[]> List<T>(
        string[] names, string valueName, string description, Parser<T> parser, char? separator = ',') =>
        new(names[0], names[1..])
        {
            HelpName = valueName,
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
            DefaultValueFactory = _ => [],
            CustomParser = result =>
            [
                .. result.Tokens
                    .SelectMany(token =>
                        separator is { } letter ? token.Value.Split(letter, StringSplitOptions.TrimEntries) : [token.Value])
                    .Select(word => Parse(result, names[0], word, parser)),
            ],
        };

    /// <summary>As the other <c>List</c>, for values that are each one of a few words.</summary>
    /// <inheritdoc cref="WithDefault{T}(string[], string, string, Parser{T}, string)"/>
    public static Option<T[]> List<T>(string[] names, Choice<T> choice, string description) =>
        Completed(List(names, choice.Names, description, choice.Parse), choice);

    private static Option<TOption> Completed<TOption, T>(Option<TOption> option, Choice<T> choice)
    {
        // Instead of the names in the code of the enum.
        option.CompletionSources.Clear();
        option.CompletionSources.Add([.. choice.Words]);
        return option;
    }

    private static Option<T> Single<T>(string[] names, string valueName, string description, Parser<T> parser, T absent) =>
        new(names[0], names[1..])
        {
            HelpName = valueName,
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            DefaultValueFactory = _ => absent,
            CustomParser = result => result.Tokens is [Token token] ? Parse(result, names[0], token.Value, parser) : absent,
        };

    private static T Parse<T>(ArgumentResult result, string option, string text, Parser<T> parser)
    {
        Parsed<T> parsed = parser(text);
        if (parsed.Error is { } error)
            result.AddError(UsageError.InvalidValue(text, option, error));
        return parsed.Value;
    }

    /// <summary>The value, for a validator of the command; null if it is invalid, which is reported by itself, or not given.</summary>
    public static T? ReadValid<T>(this CommandResult result, Option<T?> option)
        where T : struct
    {
        if (result.GetResult(option) is not { Implicit: false } given)
            return null;
        try
        {
            return given.GetValueOrDefault<T?>();
        }
        catch (InvalidOperationException)
        {
            return null; // only this shows that a value is invalid: it is parsed when it is read
        }
    }
}
