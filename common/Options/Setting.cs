using System.CommandLine;

namespace Depmap.Common.Options;

/// <summary>A value that the user sets with an option or an environment variable.</summary>
/// <param name="name">The option, such as <c>--node-ip</c>; its variable is then <c>DEPMAP_NODE_IP</c>.</param>
/// <param name="valueName">The value's name in help.</param>
/// <param name="help">What it is and its range; the default and the variable are added.</param>
/// <param name="fallback">The default as the user would type it; null if the value is required.</param>
/// <param name="fallbackName">The default as help shows it, if that is not <paramref name="fallback"/> itself.</param>
/// <param name="repeatable">Whether the option may be given several times, which is the same as values separated by commas.</param>
internal sealed class Setting<T>(
    string name, string valueName, string help, Parser<T> parser, string? fallback, string? fallbackName = null, bool repeatable = false)
{
    private readonly string _variable = VariableOf(name);

    /// <summary>Holds only text: an invalid variable is then reported like an invalid option.</summary>
    public Option Option { get; } = repeatable
        ? new Option<string[]>(name) { HelpName = valueName, Description = Describe(name, help, fallback, fallbackName) }
        : new Option<string>(name) { HelpName = valueName, Description = Describe(name, help, fallback, fallbackName) };

    /// <summary>The value of the option, else of the variable unless it is empty, else the default.</summary>
    /// <param name="error">Set if the value is invalid and no earlier error is set.</param>
    public T Read(ParseResult parse, Func<string, string?> environment, ref string? error)
    {
        string? typed = parse.GetResult(Option) is { } option ? string.Join(',', option.Tokens.Select(token => token.Value)) : null;
        string? variable = environment(_variable) is { Length: > 0 } text ? text : null;

        if ((typed ?? variable ?? fallback) is not { } value)
        {
            error ??= $"{name} is required: use {name} {valueName} or set {_variable}";
            return default!;
        }

        Parsed<T> parsed = parser(value);
        if (parsed.Error is { } invalid)
            error ??= UsageError.InvalidValue(value, typed is null ? _variable : name, invalid);
        return parsed.Value;
    }

    private static string VariableOf(string name) => $"DEPMAP_{name[2..].ToUpperInvariant().Replace('-', '_')}";

    private static string Describe(string name, string help, string? fallback, string? fallbackName)
    {
        string value = fallback is null ? "required" : $"default {fallbackName ?? (fallback.Length > 0 ? fallback : "none")}";
        return $"{help} ({value}) [{VariableOf(name)}]";
    }
}
