using System.CommandLine;
using System.Runtime.InteropServices;

namespace Depmap.Common.Options;

/// <summary>The command line of a daemon.</summary>
/// <param name="program">The program's name, for error messages.</param>
/// <param name="purpose">What the daemon does, for help.</param>
/// <param name="environment">Returns an environment variable's value; null if it is not set.</param>
internal abstract class DaemonCommand<TOptions>(string program, string purpose, Func<string, string?> environment)
{
    /// <summary>The options in the order of help.</summary>
    protected abstract Option[] Options { get; }

    /// <summary>
    /// Parses the options and runs the daemon until it ends or receives SIGINT or SIGTERM. A second such signal ends
    /// the process immediately.
    /// </summary>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="output">Receives help and the version.</param>
    /// <param name="error">Receives one <c>error:</c> line if an option is invalid.</param>
    /// <param name="run">The daemon; its result is the exit code.</param>
    /// <returns>The exit code; 1 if an option is invalid.</returns>
    public async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, Func<TOptions, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand(purpose);
        foreach (Option option in Options)
            root.Options.Add(option);

        ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // Only --help and --version have an action.
        if (parse.Errors.Count == 0 && parse.Action is not null)
            return parse.Invoke(new InvocationConfiguration { Output = output, Error = error });

        string? usageError = UsageError.Describe(parse, program);
        TOptions options = Read(parse, environment, ref usageError);
        if (usageError is not null)
        {
            error.WriteLine($"error: {usageError}");
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

    /// <summary>Reads every setting.</summary>
    /// <param name="error">Set to the first error; the options are then unusable.</param>
    protected abstract TOptions Read(ParseResult parse, Func<string, string?> environment, ref string? error);
}
