using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>A quick look: installs, shows, and leaves nothing behind.</summary>
internal sealed class TryCommand : Command
{
    private static readonly TimeSpan MapPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemovalTime = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> _look = new("command")
    {
        HelpName = "[observe|map] [-- FLAGS]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<TimeSpan> _life = TypedOption.One(
        ["--for"], "DURATION", "Remove it after this time, even if this program was killed. (default 1h)", Duration.Read, TimeSpan.FromHours(1));

    private readonly Option<TimeSpan> _timeout = TypedOption.One(
        ["--timeout"], "DURATION", "How long to wait for relay and agents. (default 5m)", Duration.Read, TimeSpan.FromMinutes(5));

    private readonly InstallOptions _options = new();
    private readonly string _program;
    private readonly OpenApiServer _open;
    private readonly InnerCommand _inner;
    private readonly Farewell _farewell;
    private readonly Terminal _terminal;

    public TryCommand(string program, OpenApiServer open, InnerCommand inner, Farewell farewell, Terminal terminal)
        : base(
            "try",
            $"""
            Look at connections for a while, and leave nothing in the cluster.

            Installs Depmap, runs observe -f (or map, every few seconds) and takes everything away again: on
            Ctrl-C, on an error, when the terminal closes, and after --for at the latest. Flags for observe or
            map stand after --.

            Examples:
              # All connections, for people
              {program} try -- -o compact

              # Who calls the service cart in the namespace shop, for ten minutes at most
              {program} try map --for 10m -- --service shop/cart
            """)
    {
        _program = program;
        _open = open;
        _inner = inner;
        _farewell = farewell;
        _terminal = terminal;
        Add(_look);
        _options.AddTo(this);
        Add(_life);
        Add(_timeout);
        SetAction(RunAsync);
    }

    private static string Version => ProductVersion.Text.Split('+')[0];

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Reading<InstallValues> reading = _options.Read(parse);
        if (reading.Problem is { } problem)
            return _terminal.Fail(problem);
        string[] words = parse.GetValue(_look) ?? [];
        bool isMap = words is ["map", ..];
        string[] command = isMap ? words : ["observe", "-f", .. words is ["observe", ..] ? words[1..] : words];
        // Before anything is installed: a mistake in it must cost nothing.
        if (_inner.Problem(command) is { } mistake)
            return _terminal.Fail(mistake);

        IApiServer server = await _open(parse, cancellationToken);
        InstallValues values = reading.Value;
        TimeSpan span = parse.GetValue(_life);
        await Trial.CheckRoomAsync(server, values, _program, cancellationToken);

        _farewell.Hold();
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await InstallAsync(server, values, span, parse.GetValue(_timeout), over.Token);
            over.CancelAfter(span);
            string[] here = [.. command, RelayOptions.NamespaceOption, values.Namespace];
            return await LookAsync(parse, here, isMap, over.Token);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Success;
        }
        catch (Exception failure) when (failure is InstallException or ApiException or RelayException)
        {
            return _terminal.Fail(failure.Message);
        }
        finally
        {
            await RemoveAsync(server, values, span);
            _farewell.Release();
        }
    }

    private async Task InstallAsync(
        IApiServer server, InstallValues values, TimeSpan span, TimeSpan patience, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonObject> objects = Trial.Build(values, Version, _terminal.TimeProvider.GetUtcNow() + span);
        // Results are what observe prints, so nothing else goes to stdout.
        var installation = new Installation(server, values, _terminal.TimeProvider, _ => { }, Say);
        await installation.CheckAsync(objects, Version, force: false, cancellationToken);
        Say("Installing Depmap for a trial. Ctrl-C ends it and removes it.");
        await installation.ApplyAsync([objects[0]], force: false, dryRun: false, cancellationToken);
        JsonObject owner = await new Applier(server, false, false).FindAsync(objects[0], cancellationToken)
            ?? throw new InstallException($"namespace {values.Namespace} is gone again. Try again");
        Trial.Own(objects, owner);
        await installation.ApplyAsync(objects, force: false, dryRun: false, cancellationToken);
        await installation.WaitAsync(patience, cancellationToken);
    }

    private async Task<int> LookAsync(ParseResult parse, string[] command, bool isMap, CancellationToken cancellationToken)
    {
        int code = await _inner.RunAsync(parse, command, cancellationToken);
        while (isMap && code == ExitCode.Success)
        {
            await Task.Delay(MapPause, _terminal.TimeProvider, cancellationToken);
            _terminal.Print("\n");
            code = await _inner.RunAsync(parse, command, cancellationToken);
        }

        return code;
    }

    /// <summary>Also when the terminal is gone, so what cannot be said is not said.</summary>
    private async Task RemoveAsync(IApiServer server, InstallValues values, TimeSpan span)
    {
        Say("Removing Depmap.");
        try
        {
            using var patience = new CancellationTokenSource(RemovalTime);
            var uninstaller = new Uninstaller(server, _terminal.TimeProvider, _ => { });
            IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([values.Namespace, values.AgentNamespace], patience.Token);
            foreach (string sentence in await uninstaller.RemoveAsync(found, dryRun: false, RemovalTime, patience.Token))
                Say(sentence);
        }
        catch (Exception failure) when (failure is InstallException or ApiException or OperationCanceledException)
        {
            Say($"It could not be removed: {failure.Message}. Try: {_program} uninstall. By itself it goes after {span.TotalMinutes:0} minutes");
        }
    }

    private void Say(string line)
    {
        try
        {
            _terminal.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // The terminal was closed.
        }
    }
}
