using System.CommandLine;
using System.CommandLine.Help;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Commands;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin;

/// <summary>Parses the command line, runs the command and returns the exit code.</summary>
internal static class CommandLine
{
    /// <param name="connect">Connects to a cluster.</param>
    /// <param name="hold">Held by a command that must finish its cleanup.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args,
        ProgramName program,
        ConnectApiServer connect,
        ShutdownHold hold,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        Command root = Build(program, connect, hold, terminal);
        // kubectl has no @response files.
        ParseResult parse = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parse.Action is not HelpPage && UsageError.Describe(parse, program.Text) is { } error)
                return terminal.Fail(error);
            return await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        catch (RelayException e)
        {
            terminal.Fail(e.Message);
            if (e.Manifest is not null)
                terminal.Error.WriteLine(e.Manifest);
            return ExitCode.Failure;
        }
        catch (Exception e) when (e is ApiException or InstallException)
        {
            return terminal.Fail(e.Message);
        }
        // A failed write (a full disk) throws exactly this type. Derived types are about files that cannot be found or opened.
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            return terminal.Fail($"cannot write to stdout: {e.Message}");
        }
    }

    private static Command Build(ProgramName program, ConnectApiServer connect, ShutdownHold hold, Terminal terminal)
    {
        var connection = new ConnectionOptions();
        OpenApiServer open = (parse, cancellationToken) => connect(connection.Read(parse), cancellationToken);
        var server = new ServerOption(terminal.Variable);
        var relay = new RelayOptions(server, open, program);
        var help = new HelpPage(program, terminal);
        Command? root = null;
        var nested = new NestedCommand(() => root!, program);
        root = new Command(
            "depmap",
            $"""
            Show which service talks to which, and which connections fail and why.

            For help with a command: {program} COMMAND --help
            """)
        {
            new ObserveCommand(program, relay, terminal),
            new MapCommand(program, relay, terminal),
            new InstallCommand(program, open, terminal),
            new StatusCommand(program, open, server, terminal),
            new UninstallCommand(program, open, terminal),
            new TryCommand(program, open, nested, hold, terminal),
            new VersionCommand(program, server, terminal),
            server.Option,
        };
        connection.AddTo(root);
        root.Add(new HelpOption("--help", "-h") { Description = "Print this help.", Action = help });
        root.SetAction(parse => help.Invoke(parse));
        return root;
    }
}
