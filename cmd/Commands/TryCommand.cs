using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Installs Depmap, shows connections, and removes it again.</summary>
internal sealed class TryCommand : Command
{
    private static readonly TimeSpan MapInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> _command = new("command")
    {
        HelpName = "[observe|map] [-- FLAGS]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<TimeSpan> _lifetime = ParsedOption.WithDefault(
        ["--for"], "DURATION", "Remove Depmap after this time, even if this program was killed.", OptionParsers.Duration, "1h");

    private readonly Option<TimeSpan> _timeout = ParsedOption.WithDefault(
        ["--timeout"], "DURATION", "How long to wait for the relay and the agents to become ready.", OptionParsers.Duration, "5m");

    private readonly InstallOptions _options = new();
    private readonly ProgramName _program;
    private readonly OpenApiServer _open;
    private readonly NestedCommand _nested;
    private readonly ShutdownHold _hold;
    private readonly Terminal _terminal;

    public TryCommand(ProgramName program, OpenApiServer open, NestedCommand nested, ShutdownHold hold, Terminal terminal)
        : base(
            "try",
            $"""
            Show connections for a limited time, and leave nothing in the cluster.

            Installs Depmap, runs observe -f (or map, every few seconds) and removes Depmap again: on Ctrl-C, on an
            error, when the terminal is closed, and at the latest after --for. Put flags for observe or map after --.

            Examples:
              # All connections, for people
              {program} try -- -o compact

              # The clients of the service cart in the namespace shop, for at most ten minutes
              {program} try map --for 10m -- --service shop/cart
            """)
    {
        _program = program;
        _open = open;
        _nested = nested;
        _hold = hold;
        _terminal = terminal;
        Add(_command);
        _options.AddTo(this);
        Add(_lifetime);
        Add(_timeout);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<InstallValues> parsed = _options.Read(parse);
        if (parsed.Error is { } error)
            return _terminal.Fail(error);
        string[] words = parse.GetValue(_command) ?? [];
        bool isMap = words is ["map", ..];
        string[] command = isMap ? words : ["observe", "-f", .. words is ["observe", ..] ? words[1..] : words];
        // Before anything is installed.
        if (_nested.Validate(command) is { } usageError)
            return _terminal.Fail(usageError);

        IApiServer server = await _open(parse, cancellationToken);
        InstallValues values = parsed.Value;
        TimeSpan lifetime = parse.GetValue(_lifetime);
        await Trial.CheckNotInstalledAsync(server, values, _program, cancellationToken);

        _hold.Hold();
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await InstallAsync(server, values, lifetime, parse.GetValue(_timeout), end.Token);
            end.CancelAfter(lifetime);
            string[] commandHere = [.. command, RelayOptions.NamespaceOption, values.Namespace];
            return await RunNestedAsync(parse, commandHere, isMap, end.Token);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Success;
        }
        catch (Exception e) when (e is InstallException or ApiException or RelayException)
        {
            return _terminal.Fail(e.Message);
        }
        finally
        {
            await RemoveAsync(server, values, lifetime);
            _hold.Release();
        }
    }

    private async Task InstallAsync(
        IApiServer server, InstallValues values, TimeSpan lifetime, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string version = ProductVersion.Tag;
        IReadOnlyList<JsonObject> objects = Trial.Build(values, version, _terminal.TimeProvider.GetUtcNow() + lifetime);
        // stdout is for the results of the nested command only.
        var installation = new Installation(server, values, _program, _terminal.TimeProvider, _ => { }, WriteLine);
        await installation.CheckAsync(objects, version, force: false, cancellationToken);
        WriteLine("Installing Depmap for a trial. Press Ctrl-C to end it and remove Depmap.");
        await installation.ApplyAsync([objects[0]], force: false, dryRun: false, cancellationToken);
        JsonObject owner = await new Applier(server, force: false, dryRun: false).FindAsync(objects[0], cancellationToken)
            ?? throw new InstallException($"namespace {values.Namespace} was deleted by someone else. Try again");
        Trial.SetOwner(objects, owner);
        await installation.ApplyAsync(objects, force: false, dryRun: false, cancellationToken);
        await installation.WaitAsync(timeout, cancellationToken);
    }

    private async Task<int> RunNestedAsync(ParseResult parse, string[] command, bool isMap, CancellationToken cancellationToken)
    {
        int code = await _nested.RunAsync(parse, command, cancellationToken);
        while (isMap && code == ExitCode.Success)
        {
            await Task.Delay(MapInterval, _terminal.TimeProvider, cancellationToken);
            _terminal.Print("\n");
            code = await _nested.RunAsync(parse, command, cancellationToken);
        }

        return code;
    }

    private async Task RemoveAsync(IApiServer server, InstallValues values, TimeSpan lifetime)
    {
        WriteLine("Removing Depmap.");
        try
        {
            using var timeout = new CancellationTokenSource(RemovalTimeout);
            var uninstaller = new Uninstaller(server, _program, _terminal.TimeProvider, _ => { });
            IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([values.Namespace, values.AgentNamespace], timeout.Token);
            foreach (string message in await uninstaller.RemoveAsync(found, dryRun: false, RemovalTimeout, timeout.Token))
                WriteLine(message);
        }
        catch (Exception e) when (e is InstallException or ApiException or OperationCanceledException)
        {
            WriteLine($"Depmap was not removed: {e.Message}. Try: {_program} uninstall. "
                + $"Otherwise it removes itself after {lifetime.TotalMinutes:0} minutes");
        }
    }

    /// <summary>Writes to stderr, unless the terminal is closed.</summary>
    private void WriteLine(string line)
    {
        try
        {
            _terminal.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // The terminal is closed.
        }
    }
}
