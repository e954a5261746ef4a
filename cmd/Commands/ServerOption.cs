using System.CommandLine;
using Depmap.Plugin.Cluster;

namespace Depmap.Plugin.Commands;

/// <summary><c>--server</c>, known to all commands, and the environment variable in its place.</summary>
internal sealed class ServerOption(Func<string, string?> variable)
{
    private const string Name = "--server";
    private const string Variable = "DEPMAP_SERVER";

    public Option<string?> Option { get; } = new(Name)
    {
        HelpName = "HOST:PORT",
        Description = $"The relay to ask, such as 127.0.0.1:9470 or [::1]:9470, instead of the cluster's. (or set {Variable})",
        Recursive = true,
    };

    /// <summary>Whether any relay was named.</summary>
    public bool IsGiven(ParseResult parse) => Text(parse).Text is not null;

    /// <summary>The relay to ask; the problem is a whole sentence.</summary>
    public Reading<RelayAddress> Read(ParseResult parse)
    {
        (string? text, string source) = Text(parse);
        if (text is null)
            return Reading<RelayAddress>.Wrong($"no relay given: say {Name} HOST:PORT, or set {Variable}");

        return RelayAddress.TryParse(text, out RelayAddress address)
            ? address
            : Reading<RelayAddress>.Wrong(TypedOption.Invalid(text, source, "use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470"));
    }

    private (string? Text, string Source) Text(ParseResult parse)
    {
        if (parse.GetValue(Option) is { } given)
            return (given, Name);
        return (variable(Variable) is { Length: > 0 } set ? set : null, Variable);
    }
}
