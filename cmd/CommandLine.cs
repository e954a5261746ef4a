using System.CommandLine;
using System.CommandLine.Help;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Commands;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin;

/// <summary>From what the user typed to an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that <paramref name="args"/> name.</summary>
    /// <param name="connect">Connects to a cluster.</param>
    /// <param name="farewell">Held by a command that must not be ended in the middle.</param>
    /// <param name="startedAs">The path or name by which this program was started (argv[0]).</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, string startedAs, ConnectApiServer connect, Farewell farewell, Terminal terminal, CancellationToken cancellationToken)
    {
        string program = ProgramName(startedAs);
        Command root = Build(program, connect, farewell, terminal);
        // kubectl knows no @response files.
        ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parse.Action is not HelpPage && ParseProblem.Describe(parse, program) is { } problem)
                return terminal.Fail(problem);
            return await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        catch (RelayException failure)
        {
            terminal.Fail(failure.Message);
            if (failure.Remedy is not null)
                terminal.Error.WriteLine(failure.Remedy);
            return ExitCode.Failure;
        }
        catch (Exception failure) when (failure is ApiException or InstallException)
        {
            return terminal.Fail(failure.Message);
        }
        // Only a write throws exactly this (a full disk); what derives from it is about files that are missing.
        catch (IOException failure) when (failure.GetType() == typeof(IOException))
        {
            return terminal.Fail($"cannot write to stdout: {failure.Message}");
        }
    }

    private static Command Build(string program, ConnectApiServer connect, Farewell farewell, Terminal terminal)
    {
        var connection = new ConnectionOptions();
        OpenApiServer open = (parse, cancellation) => connect(connection.Read(parse), cancellation);
        var server = new ServerOption(terminal.Variable);
        var relays = new RelayOptions(server, open);
        var help = new HelpPage(program, terminal);
        Command? root = null;
        var inner = new InnerCommand(() => root!, program);
        root = new Command(
            "depmap",
            $"""
            Shows which service talks to which, and what fails and why.

            More about a command: {program} COMMAND --help
            """)
        {
            new ObserveCommand(program, relays, terminal),
            new MapCommand(program, relays, terminal),
            new InstallCommand(program, open, terminal),
            new StatusCommand(program, open, server, terminal),
            new UninstallCommand(program, open, terminal),
            new TryCommand(program, open, inner, farewell, terminal),
            new VersionCommand(program, server, terminal),
            server.Option,
        };
        connection.AddTo(root);
        root.Add(new HelpOption("--help", "-h") { Description = "Print this help.", Action = help });
        root.SetAction(parse => help.Invoke(parse));
        return root;
    }

    /// <summary>kubectl starts its plugins by the name <c>kubectl-NAME</c>, and its users type <c>kubectl NAME</c>.</summary>
    private static string ProgramName(string startedAs) =>
        Path.GetFileName(startedAs).StartsWith("kubectl-", StringComparison.Ordinal) ? "kubectl depmap" : "depmap";
}
