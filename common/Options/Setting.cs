using System.CommandLine;

namespace Depmap.Common.Options;

/// <summary>One value that the user may set, by an option or by an environment variable.</summary>
/// <param name="name">The option, such as <c>--node-ip</c>; its variable is <c>DEPMAP_NODE_IP</c> then.</param>
/// <param name="form">What its value looks like, for the help.</param>
/// <param name="help">What it is, its range, its default and its variable.</param>
/// <param name="reading">Reads its text.</param>
/// <param name="fallback">The text where none is given; null where one must be.</param>
/// <param name="repeatable">Whether the option may be given several times, for the same as with commas between.</param>
internal sealed class Setting<T>(
    string name, string form, string help, TextReading<T> reading, string? fallback, bool repeatable = false)
{
    private readonly string _variable = $"DEPMAP_{name[2..].ToUpperInvariant().Replace('-', '_')}";

    /// <summary>For the command line, which gives back texts only: so a wrong variable reads like a wrong option.</summary>
    public Option Option { get; } = repeatable
        ? new Option<string[]>(name) { HelpName = form, Description = help }
        : new Option<string>(name) { HelpName = form, Description = help };

    /// <summary>The value: the option's, else the variable's unless that is empty, else the fallback.</summary>
    /// <param name="fault">Set to what is wrong, if anything is and nothing else was before.</param>
    public T Read(ParseResult given, Func<string, string?> environment, ref string? fault)
    {
        string? typed = given.GetResult(Option) is { } option ? string.Join(',', option.Tokens.Select(t => t.Value)) : null;
        string? set = environment(_variable) is { Length: > 0 } text ? text : null;

        string? wrong = reading(typed ?? set ?? fallback ?? "", out T value);
        if (wrong is null)
            return value;

        fault ??= typed is not null ? $"{name} {typed} {wrong}"
            : set is not null ? $"{_variable}={set} {wrong}"
            : $"no {name[2..]} given: say {name} {form} or set {_variable}";
        return value;
    }
}
