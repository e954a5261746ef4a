using System.CommandLine;

namespace Depmap.Plugin.Options;

/// <summary><c>--namespace</c> of a command that uses one namespace, as for kubectl.</summary>
internal sealed class NamespaceOption(string description)
{
    private readonly Option<string?> _option = new("--namespace", "-n")
    {
        HelpName = "NAME", Description = $"{description} (default the context's namespace)",
    };

    public void AddTo(Command command) => command.Add(_option);

    /// <returns>Null if it is not given. As for kubectl, an empty value is none.</returns>
    public string? Read(ParseResult parse) => parse.GetValue(_option) is { Length: > 0 } text ? text : null;
}
