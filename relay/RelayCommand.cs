using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace Depmap.Relay;

/// <summary>The relay's command line. Each option is an environment variable as well; the command line wins.</summary>
/// <param name="environment">Reads an environment variable.</param>
internal sealed class RelayCommand(Func<string, string?> environment)
{
    private static readonly string[] Levels = ["debug", "info", "warning", "error"];

    private readonly RelayOption _intake = new("--intake", "ADDRESS:PORT", "Where agents report", "0.0.0.0:9471");
    private readonly RelayOption _queries = new("--queries", "ADDRESS:PORT", "Where readers ask", "127.0.0.1:9470");
    private readonly RelayOption _objects = new("--objects", "FILE", "Names from a Kubernetes List, as kubectl get -o json prints it; read again when it changes", null);
    private readonly RelayOption _flows = new("--flows", "N", "Flows held for readers", "16384");
    private readonly RelayOption _maxEdges = new("--max-edges", "N", "Edges held in the map; flows of further ones are only counted", "20000");
    private readonly RelayOption _logLevel = new("--log-level", string.Join('|', Levels), "What to log on stderr", "info");

    /// <summary>Runs the relay, or prints help or the version.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserException">An option or value is wrong.</exception>
    public Task<int> Invoke(string[] args, Func<RelayOptions, Task<int>> run)
    {
        var root = new RootCommand("Joins what Depmap's agents see into named flows, keeps the map, answers readers.")
        {
            _intake, _queries, _objects, _flows, _maxEdges, _logLevel,
        };
        root.SetAction((result, _) => run(Read(result)));
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
            throw new UserException(Complaint(parsed, root));
        return parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private RelayOptions Read(ParseResult result) => new(
        EndPoint(result, _intake),
        EndPoint(result, _queries),
        Value(result, _objects).Text,
        Number(result, _flows, 16, 10_000_000),
        Number(result, _maxEdges, 1, 10_000_000),
        Level(result));

    private IPEndPoint EndPoint(ParseResult result, RelayOption option)
    {
        (string? text, string source) = Value(result, option);
        // IPEndPoint takes a lone number for an address.
        return text!.Contains(':') && IPEndPoint.TryParse(text, out IPEndPoint? end) && text.EndsWith($":{end.Port}", StringComparison.Ordinal)
            ? end
            : throw Invalid(text, source, $"use ADDRESS:PORT, such as {option.Default} or [::1]:9470");
    }

    private int Number(ParseResult result, RelayOption option, int least, int most)
    {
        (string? text, string source) = Value(result, option);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw Invalid(text!, source, $"use a number from {least} to {most}");
    }

    private LogLevel Level(ParseResult result)
    {
        (string? text, string source) = Value(result, _logLevel);
        return text!.ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => throw Invalid(text, source, $"use one of {string.Join(", ", Levels)}{Spelling.DidYouMean(text, Levels)}"),
        };
    }

    private (string? Text, string Source) Value(ParseResult result, RelayOption option)
    {
        if (result.GetResult(option) is { Implicit: false })
            return (result.GetValue(option), option.Name);
        return environment(option.Variable) is { Length: > 0 } set ? (set, option.Variable) : (option.Default, option.Name);
    }

    private static string Complaint(ParseResult parsed, RootCommand root)
    {
        if (parsed.UnmatchedTokens is [var token, ..])
        {
            string name = token.Split('=', ':')[0];
            return name.StartsWith('-')
                ? $"unknown option {name}{Spelling.DidYouMean(name, root.Options.Select(o => o.Name))}"
                : $"unexpected argument {token}; the relay takes options only, see --help";
        }

        return parsed.Errors[0] is { SymbolResult: OptionResult { Option: var option, Tokens.Count: 0 } }
            ? $"{option.Name} needs a value: {option.HelpName}"
            : parsed.Errors[0].Message.TrimEnd('.');
    }

    private static UserException Invalid(string text, string source, string advice) => new($"invalid value \"{text}\" for {source}: {advice}");

    /// <summary>An option that an environment variable gives too.</summary>
    private sealed class RelayOption : Option<string>
    {
        public RelayOption(string name, string value, string what, string? otherwise)
            : base(name)
        {
            Default = otherwise;
            Variable = "DEPMAP_" + name[2..].ToUpperInvariant().Replace('-', '_');
            HelpName = value;
            Description = $"{what} [{(otherwise is null ? "" : $"default {otherwise}, ")}env {Variable}]";
        }

        public string? Default { get; }

        public string Variable { get; }
    }
}
