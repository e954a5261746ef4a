using System.CommandLine;
using Depmap.Common.Options;

namespace Depmap.Plugin.Options;

/// <summary><c>--relay</c>, accepted by all commands, or the environment variable instead of it.</summary>
internal sealed class RelayAddressOption(Func<string, string?> variable)
{
    private const string Name = "--relay";

    // Until version 0.1. The next version gives --server the meaning that it has in kubectl.
    private const string FormerName = "--server";

    private static readonly string[] Variables = ["DEPMAP_RELAY", "DEPMAP_SERVER"];

    public Option<string?> Option { get; } = new(Name, FormerName)
    {
        HelpName = "HOST:PORT",
        Description = $"The relay's address, such as 127.0.0.1:9470 or [::1]:9470. (default ${Variables[0]} or the relay in the cluster)",
        Recursive = true,
    };

    public bool IsGiven(ParseResult parse) => Text(parse).Text is not null;

    /// <summary>The relay's address. The error is a complete message.</summary>
    public Parsed<HostPort> Read(ParseResult parse)
    {
        (string? text, string source) = Text(parse);
        if (text is null)
            return Parsed<HostPort>.Invalid($"no relay is given: use {Name} HOST:PORT or set {Variables[0]}");

        Parsed<HostPort> address = OptionParsers.HostPort(text);
        return address.Error is { } error ? Parsed<HostPort>.Invalid(UsageError.InvalidValue(text, source, error)) : address;
    }

    private (string? Text, string Source) Text(ParseResult parse)
    {
        if (parse.GetResult(Option) is { Implicit: false, IdentifierToken.Value: var name })
            return (parse.GetValue(Option), name);
        return Variables.Select(source => (Text: variable(source), Source: source))
            .FirstOrDefault(pair => !string.IsNullOrEmpty(pair.Text), (null, Variables[0]));
    }
}
