using System.CommandLine;

namespace Depmap.Plugin.Options;

/// <summary><c>--depmap-namespace</c>, the installation's namespace. <c>-n</c> is the namespace of flows.</summary>
internal sealed class DepmapNamespaceOption
{
    public const string Name = "--depmap-namespace";

    private readonly Option<string?> _option;

    // Until version 0.1, of status and uninstall.
    private readonly Option<string?>? _former;

    /// <param name="fallback">What is used without it, for help.</param>
    public DepmapNamespaceOption(string fallback, bool hasFormerName = false)
    {
        _option = new Option<string?>(Name) { HelpName = "NAME", Description = $"The relay's namespace. (default {fallback})" };
        if (hasFormerName)
            _former = new Option<string?>("--namespace", "-n") { HelpName = "NAME", Hidden = true };
    }

    public void AddTo(Command command)
    {
        command.Add(_option);
        if (_former is not null)
            command.Add(_former);
    }

    /// <returns>Null if it is not given.</returns>
    public string? Read(ParseResult parse) => Given(parse, _option) ?? Given(parse, _former);

    // As for kubectl, an empty value is none.
    private static string? Given(ParseResult parse, Option<string?>? option) =>
        option is not null && parse.GetValue(option) is { Length: > 0 } text ? text : null;
}
