using System.CommandLine;
using System.CommandLine.Help;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Commands;
using Depmap.Plugin.Completion;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin;

/// <summary>Parses the command line, runs the command and returns the exit code.</summary>
internal static class CommandLine
{
    /// <param name="connect">Connects to a cluster.</param>
    /// <param name="hold">Held by a command that must finish its cleanup.</param>
    public static async Task<int> RunAsync(
        string[] args,
        ProgramName program,
        ConnectApiServer connect,
        ShutdownHold hold,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        string command = program.Text;
        int errorCode = ExitCode.Failure;
        try
        {
            var connection = new ConnectionOptions();
            bool completes = args is [Completer.Request, ..];
            OpenApiServer open = (parse, cancellation) =>
                connect(completes ? Quiet(connection.Read(parse)) : connection.Read(parse), cancellation);
            var address = new RelayAddressOption(terminal.Variable);
            var relay = new RelayOptions(address, open, program);
            Command root = Build(program, connection, address, relay, open, hold, terminal);
            if (completes)
            {
                var live = new LiveNames(relay);
                var completer = new Completer(root, async (parse, word, typed) =>
                    (await live.FindAsync(parse, word, typed))
                        .Concat(KubeconfigNames.For(word, connection.ReadKubeconfig(parse), terminal.Variable)));
                terminal.Print((await completer.CompleteAsync(args[1..])).ToString());
                return ExitCode.Success;
            }

            // kubectl has no @response files.
            ParseResult parse = root.Parse(
                EmptyValue.Separate(ExclusionSyntax.Join(args)), new ParserConfiguration { ResponseFileTokenReplacer = null });
            command = UsageError.FullName(program.Text, parse.CommandResult.Command);
            errorCode = (parse.CommandResult.Command as IErrorCode)?.ErrorCode(parse) ?? ExitCode.Failure;
            if (parse.Action is not HelpPage && UsageError.Describe(parse, program.Text) is { } error)
                return Fail(error);
            return await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return errorCode == ExitCode.Failure ? ExitCode.Success : errorCode;
        }
        catch (RelayException e)
        {
            return Fail(e.Message, e.Manifest);
        }
        catch (InstallException e)
        {
            return Fail(e.Message, e.Details);
        }
        catch (ApiException e)
        {
            return Fail(e.Message);
        }
        // A failed write (a full disk) throws exactly this type. Derived types are about files that cannot be found or opened.
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            return Fail($"cannot write to stdout: {e.Message}");
        }
        catch (Exception e)
        {
            return Fail(InternalError.Describe(e, command));
        }

        int Fail(string message, string? details = null)
        {
            // Messages may have text of the API server or the relay in them.
            terminal.Fail(PlainText.Of(message.ReplaceLineEndings(" ")), details);
            return errorCode;
        }
    }

    /// <summary>While a command line is typed, nothing may ask or print.</summary>
    private static ClusterChoice Quiet(ClusterChoice choice) => choice with { MayPrompt = false, Verbosity = 0 };

    private static Command Build(
        ProgramName program,
        ConnectionOptions connection,
        RelayAddressOption address,
        RelayOptions relay,
        OpenApiServer open,
        ShutdownHold hold,
        Terminal terminal)
    {
        var version = new Option<bool>("--version") { Description = "Print the version of this program." };
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
            new WhyCommand(program, relay, terminal),
            new PolicyCommand(program, relay, terminal),
            new DiffCommand(program, relay, terminal),
            new UiCommand(program, relay, terminal),
            new InstallCommand(program, open, terminal),
            new StatusCommand(program, open, address, terminal),
            new UninstallCommand(program, open, terminal),
            new TryCommand(program, open, nested, hold, terminal),
            new ImagesCommand(program, terminal),
            new VersionCommand(program, relay, terminal),
            new CompletionCommand(program, terminal),
            new HelpCommand(nested, terminal),
            version,
            address.Option,
        };
        connection.AddTo(root);
        root.Add(new HelpOption("--help", "-h") { Description = "Print this help.", Action = help });
        root.SetAction(parse =>
        {
            if (!parse.GetValue(version))
                return help.Invoke(parse);
            terminal.Print(ProductVersion.Text + "\n");
            return ExitCode.Success;
        });
        return root;
    }
}
