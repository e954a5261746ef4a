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
    private static readonly TimeSpan mapPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan removalTime = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> look = new("command")
    {
        HelpName = "[observe|map] [-- FLAGS]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<TimeSpan> life = TypedOption.One(
        ["--for"], "DURATION", "Remove it after this time, even if this program was killed. (default 1h)", Duration.Read, TimeSpan.FromHours(1));

    private readonly Option<TimeSpan> timeout = TypedOption.One(
        ["--timeout"], "DURATION", "How long to wait for relay and agents. (default 5m)", Duration.Read, TimeSpan.FromMinutes(5));

    private readonly InstallOptions options = new();
    private readonly string program;
    private readonly OpenApiServer open;
    private readonly InnerCommand inner;
    private readonly Farewell farewell;
    private readonly Terminal terminal;

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
        this.program = program;
        this.open = open;
        this.inner = inner;
        this.farewell = farewell;
        this.terminal = terminal;
        Add(look);
        options.AddTo(this);
        Add(life);
        Add(timeout);
        SetAction(RunAsync);
    }

    private static string Version => ProductVersion.Text.Split('+')[0];

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        Reading<InstallValues> reading = options.Read(parse);
        if (reading.Problem is { } problem)
            return terminal.Fail(problem);
        string[] words = parse.GetValue(look) ?? [];
        bool isMap = words is ["map", ..];
        string[] command = isMap ? words : ["observe", "-f", .. words is ["observe", ..] ? words[1..] : words];
        // Before anything is installed: a mistake in it must cost nothing.
        if (inner.Problem(command) is { } mistake)
            return terminal.Fail(mistake);

        IApiServer server = await open(parse, cancellation);
        InstallValues values = reading.Value;
        TimeSpan span = parse.GetValue(life);
        await Trial.CheckRoomAsync(server, values, program, cancellation);

        farewell.Hold();
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await InstallAsync(server, values, span, parse.GetValue(timeout), over.Token);
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
            return terminal.Fail(failure.Message);
        }
        finally
        {
            await RemoveAsync(server, values, span);
            farewell.Release();
        }
    }

    private async Task InstallAsync(
        IApiServer server, InstallValues values, TimeSpan span, TimeSpan patience, CancellationToken cancellation)
    {
        IReadOnlyList<JsonObject> objects = Trial.Build(values, Version, terminal.Clock.GetUtcNow() + span);
        // Results are what observe prints, so nothing else goes to stdout.
        var installation = new Installation(server, values, terminal.Clock, _ => { }, Say);
        await installation.CheckAsync(objects, Version, force: false, cancellation);
        Say("Installing Depmap for a trial. Ctrl-C ends it and removes it.");
        await installation.ApplyAsync([objects[0]], force: false, dryRun: false, cancellation);
        JsonObject owner = await new Applier(server, false, false).FindAsync(objects[0], cancellation)
            ?? throw new InstallException($"namespace {values.Namespace} is gone again. Try again");
        Trial.Own(objects, owner);
        await installation.ApplyAsync(objects, force: false, dryRun: false, cancellation);
        await installation.WaitAsync(patience, cancellation);
    }

    private async Task<int> LookAsync(ParseResult parse, string[] command, bool isMap, CancellationToken cancellation)
    {
        int code = await inner.RunAsync(parse, command, cancellation);
        while (isMap && code == ExitCode.Success)
        {
            await Task.Delay(mapPause, terminal.Clock, cancellation);
            terminal.Print("\n");
            code = await inner.RunAsync(parse, command, cancellation);
        }

        return code;
    }

    /// <summary>Also when the terminal is gone, so what cannot be said is not said.</summary>
    private async Task RemoveAsync(IApiServer server, InstallValues values, TimeSpan span)
    {
        Say("Removing Depmap.");
        try
        {
            using var patience = new CancellationTokenSource(removalTime);
            var uninstaller = new Uninstaller(server, terminal.Clock, _ => { });
            IReadOnlyList<JsonObject> found = await uninstaller.FindAsync([values.Namespace, values.AgentNamespace], patience.Token);
            foreach (string sentence in await uninstaller.RemoveAsync(found, dryRun: false, removalTime, patience.Token))
                Say(sentence);
        }
        catch (Exception failure) when (failure is InstallException or ApiException or OperationCanceledException)
        {
            Say($"It could not be removed: {failure.Message}. Try: {program} uninstall. By itself it goes after {span.TotalMinutes:0} minutes");
        }
    }

    private void Say(string line)
    {
        try
        {
            terminal.Error.WriteLine(line);
        }
        catch (IOException)
        {
            // The terminal was closed.
        }
    }
}
