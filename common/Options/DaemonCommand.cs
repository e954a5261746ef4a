using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;

namespace Depmap.Common.Options;

/// <summary>The command line of a daemon.</summary>
/// <param name="purpose">What the daemon does, for the help.</param>
/// <param name="environment">Gives an environment variable's value; null where it is not set.</param>
internal abstract class DaemonCommand<TOptions>(string purpose, Func<string, string?> environment)
{
    /// <summary>In the order of the help.</summary>
    protected abstract Option[] Options { get; }

    /// <summary>
    /// Reads the options and runs the daemon until it ends, or SIGINT or SIGTERM asks it to; a second such signal ends
    /// the process at once.
    /// </summary>
    /// <param name="args">The command line, without the program's name.</param>
    /// <param name="output">Takes help and version.</param>
    /// <param name="error">Takes one <c>error:</c> line where an option is wrong.</param>
    /// <param name="run">The daemon; its result is the exit code.</param>
    /// <returns>The exit code; 1 where an option is wrong.</returns>
    public async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, Func<TOptions, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand(purpose);
        foreach (Option option in Options)
            root.Options.Add(option);

        ParseResult given = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // Only --help and --version bring an action along.
        if (given.Errors.Count == 0 && given.Action is not null)
            return given.Invoke(new InvocationConfiguration { Output = output, Error = error });

        string? fault = FaultOf(given, root);
        TOptions options = Read(given, environment, ref fault);
        if (fault is not null)
        {
            error.WriteLine($"error: {fault}");
            return 1;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        return await run(options, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>Reads each setting.</summary>
    /// <param name="fault">Set to what is wrong first; the options are of no use then.</param>
    protected abstract TOptions Read(ParseResult given, Func<string, string?> environment, ref string? fault);

    /// <summary>What is wrong with the command line before any value is looked at.</summary>
    private static string? FaultOf(ParseResult given, RootCommand root)
    {
        IReadOnlyList<string> unmatched = given.UnmatchedTokens;
        if (unmatched.FirstOrDefault(token => token.StartsWith('-')) is { } unknown)
        {
            string typed = unknown.Split('=', ':')[0];
            return NearestWord.Find(typed, root.Options.Select(o => o.Name)) is { } meant
                ? $"there is no option {typed}; did you mean {meant}?"
                : $"there is no option {typed}; see --help";
        }

        return given.Errors.FirstOrDefault() switch
        {
            _ when unmatched.Count > 0 => $"there are no arguments but options: {unmatched[0]}",
            { SymbolResult: OptionResult { Tokens.Count: 0, Option.Arity.MaximumNumberOfValues: > 0 } option } =>
                $"{option.Option.Name} needs a value: {option.Option.HelpName}",
            { SymbolResult: OptionResult { IdentifierTokenCount: > 1 } option } =>
                $"{option.Option.Name} is given more than once",
            { Message: var message } => message.TrimEnd('.'),
            null => null,
        };
    }
}
