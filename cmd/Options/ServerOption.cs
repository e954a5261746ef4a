using System.CommandLine;
using Depmap.Common.Options;

namespace Depmap.Plugin.Options;

/// <summary><c>--server</c>, accepted by all commands, or the environment variable instead of it.</summary>
internal sealed class ServerOption(Func<string, string?> variable)
{
    private const string Name = "--server";
    private const string Variable = "DEPMAP_SERVER";

    public Option<string?> Option { get; } = new(Name)
    {
        HelpName = "HOST:PORT",
        Description = $"The relay's address, such as 127.0.0.1:9470 or [::1]:9470. (default ${Variable} or the relay in the cluster)",
        Recursive = true,
    };

    public bool IsGiven(ParseResult parse) => Text(parse).Text is not null;

    /// <summary>The relay's address. The error is a complete message.</summary>
    public Parsed<HostPort> Read(ParseResult parse)
    {
        (string? text, string source) = Text(parse);
        if (text is null)
            return Parsed<HostPort>.Invalid($"no relay is given: use {Name} HOST:PORT or set {Variable}");

        Parsed<HostPort> address = OptionParsers.HostPort(text);
        return address.Error is { } error ? Parsed<HostPort>.Invalid(UsageError.InvalidValue(text, source, error)) : address;
    }

    private (string? Text, string Source) Text(ParseResult parse)
    {
        if (parse.GetValue(Option) is { } option)
            return (option, Name);
        return (variable(Variable) is { Length: > 0 } text ? text : null, Variable);
    }
}
