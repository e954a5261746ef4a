using System.CommandLine;
using System.Text.Json.Nodes;
using Depmap.Common;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Options;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>Installs Depmap, shows connections, and removes it again.</summary>
internal sealed class TryCommand : Command
{
    private static readonly TimeSpan MapInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClockInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromMinutes(2);

    private readonly Argument<string[]> _command = new("command")
    {
        HelpName = "[observe|map] [-- FLAGS]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<TimeSpan> _lifetime = ParsedOption.WithDefault(
        ["--for"], "DURATION", "Remove Depmap after this time of observing, even if this program was killed.",
        OptionParsers.Duration, "1h");

    private readonly Option<TimeSpan> _timeout = ParsedOption.WithDefault(
        ["--timeout"], "DURATION", "How long to wait for the relay and the agents to become ready.", OptionParsers.Duration, "5m");

    private readonly PartialOption _partial = new();
    private readonly InstallOptions _options;
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
              # All connections
              {program} try

              # The clients of the service cart in the namespace shop, for at most ten minutes
              {program} try map --for 10m -- --service shop/cart
            """)
    {
        _program = program;
        _open = open;
        _nested = nested;
        _hold = hold;
        _terminal = terminal;
        _command.CompletionSources.Add("observe", "map");
        Add(_command);
        _options = new InstallOptions(terminal.Variable);
        _options.AddTo(this, hasShortValues: false);
        Add(_lifetime);
        Add(_timeout);
        Add(_partial);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<InstallRequest> parsed = _options.Read(parse);
        if (parsed.Error is { } error)
            return _terminal.Fail(error);
        if (MissingRegistry.IsIn(parsed.Value.Values))
            return MissingRegistry.Fail(_terminal, _program);
        string[] words = parse.GetValue(_command) ?? [];
        bool isMap = words is ["map", ..];
        string[] command = isMap ? words : ["observe", "-f", .. words is ["observe", ..] ? words[1..] : words];
        // Before anything is installed.
        if (_nested.Validate(command) is { } usageError)
            return _terminal.Fail(usageError);

        var progress = new RolloutProgress(_terminal);
        InstallValues values = parsed.Value.Values;
        IApiServer server = await progress.WaitAsync(OpenAsync(), RolloutProgress.Checking);
        TimeSpan lifetime = parse.GetValue(_lifetime);
        DateTimeOffset latestEnd = _terminal.TimeProvider.GetUtcNow() + parse.GetValue(_timeout) + lifetime + RemovalTimeout;
        _hold.Hold();
        try
        {
            string? unobserved = await InstallAsync(parse, server, parsed.Value, progress, lifetime, latestEnd, cancellationToken);
            // observe says it itself.
            if (isMap && unobserved is not null)
                _terminal.Error.WriteLine(unobserved);
            string[] commandHere = [.. command, DepmapNamespaceOption.Name, values.Namespace];
            return await ShowAsync(parse, commandHere, isMap, lifetime, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        catch (Exception e) when (e is InstallException or ApiException or RelayException)
        {
            return _terminal.Fail(e.Message, (e as InstallException)?.Details ?? (e as RelayException)?.Manifest);
        }
        finally
        {
            await RemoveAsync(server, values, latestEnd);
            _hold.Release();
        }

        async Task<IApiServer> OpenAsync()
        {
            IApiServer opened = await _open(parse, cancellationToken);
            await new ExpiredTrial(opened, _program, _terminal.TimeProvider, _terminal.Error.WriteLine)
                .RemoveAsync(values.Namespace, cancellationToken);
            await Trial.CheckNotInstalledAsync(opened, values, _program, cancellationToken);
            return opened;
        }
    }

    /// <returns>A line about the nodes that are not observed; null if all are.</returns>
    private async Task<string?> InstallAsync(
        ParseResult parse,
        IApiServer server,
        InstallRequest request,
        RolloutProgress progress,
        TimeSpan lifetime,
        DateTimeOffset latestEnd,
        CancellationToken cancellationToken)
    {
        string version = ProductVersion.Tag;
        // stdout is for the results of the nested command only.
        var installation = new Installation(
            server, request, _program, _terminal.TimeProvider, _ => { }, _terminal.Error.WriteLine, progress.Report);
        IReadOnlyList<JsonObject> objects = await progress.WaitAsync(PrepareAsync(), RolloutProgress.Checking);
        await installation.LoadImagesAsync(_terminal.Variable, cancellationToken);
        _terminal.Error.WriteLine("Installing Depmap for a trial. Press Ctrl-C to end it and remove Depmap.");
        await installation.ApplyAsync([objects[0]], force: false, dryRun: false, cancellationToken);
        JsonObject owner = await new Applier(server, force: false, dryRun: false).FindAsync(objects[0], cancellationToken)
            ?? throw new InstallException($"namespace {request.Values.Namespace} was deleted by someone else. Try again");
        Trial.SetOwner(objects, owner);
        await installation.ApplyAsync(objects, force: false, dryRun: false, cancellationToken);
        return await installation.WaitAsync(parse.GetValue(_timeout), parse.GetValue(_partial), cancellationToken);

        async Task<IReadOnlyList<JsonObject>> PrepareAsync()
        {
            IReadOnlyList<JsonObject> prepared = await installation.PrepareAsync(
                values => Trial.Build(values, version, lifetime, latestEnd), version, cancellationToken);
            await installation.CheckAsync(prepared, version, force: false, cancellationToken);
            return prepared;
        }
    }

    /// <summary>Runs the nested command until it ends, or until the time of the trial is over.</summary>
    private async Task<int> ShowAsync(
        ParseResult parse, string[] command, bool isMap, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        using var trial = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<int> showing = isMap
            ? RepeatAsync(parse, command, trial.Token)
            : _nested.RunAsync(parse, command, trial.Token);
        Task time = PassAsync(lifetime, trial.Token);
        bool isOver = await Task.WhenAny(showing, time) == time && !cancellationToken.IsCancellationRequested;
        await trial.CancelAsync();
        if (!isOver)
            return await showing;

        await showing.ContinueWith(_ => { }, TaskScheduler.Default); // its error, if any, is that of the cancellation
        _terminal.Error.WriteLine($"The trial has ended after {Quantity.Age(lifetime)}.");
        if (isMap)
            await ShowLastMapAsync(parse, command, cancellationToken);
        return ExitCode.Success;
    }

    private async Task ShowLastMapAsync(ParseResult parse, string[] command, CancellationToken cancellationToken)
    {
        try
        {
            _terminal.Print("\n");
            await _nested.RunAsync(parse, command, cancellationToken);
        }
        catch (Exception e) when (e is ApiException or RelayException)
        {
            _terminal.Error.WriteLine($"The last map cannot be read: {e.Message}");
        }
    }

    private async Task<int> RepeatAsync(ParseResult parse, string[] command, CancellationToken cancellationToken)
    {
        int code = await _nested.RunAsync(parse, command, cancellationToken);
        while (code == ExitCode.Success)
        {
            await Task.Delay(MapInterval, _terminal.TimeProvider, cancellationToken);
            _terminal.Print("\n");
            code = await _nested.RunAsync(parse, command, cancellationToken);
        }

        return code;
    }

    // Timers stand still while a laptop sleeps, but the relay's clock does not.
    private async Task PassAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        TimeProvider timeProvider = _terminal.TimeProvider;
        long start = timeProvider.GetTimestamp();
        DateTimeOffset end = timeProvider.GetUtcNow() + duration;
        for (TimeSpan left; (left = duration - timeProvider.GetElapsedTime(start)) > TimeSpan.Zero && timeProvider.GetUtcNow() < end;)
            await Task.Delay(left < ClockInterval ? left : ClockInterval, timeProvider, cancellationToken);
    }

    private async Task RemoveAsync(IApiServer server, InstallValues values, DateTimeOffset latestEnd)
    {
        _terminal.Error.WriteLine("Removing Depmap.");
        try
        {
            var uninstaller = new Uninstaller(server, _program, _terminal.TimeProvider, _ => { });
            IReadOnlyList<JsonObject> found = await uninstaller.FindAsync(
                [values.Namespace, values.AgentNamespace], CancellationToken.None);
            Removal removal = await uninstaller.RemoveAsync(found, DryRun.None, RemovalTimeout, CancellationToken.None);
            foreach (string message in removal.Messages)
                _terminal.Error.WriteLine(message);
        }
        catch (Exception e) when (e is InstallException or ApiException)
        {
            _terminal.Error.WriteLine($"Depmap was not removed: {e.Message}. Try: {_program} uninstall. "
                + $"Otherwise the relay removes it by {latestEnd.UtcDateTime:HH:mm} UTC");
        }
    }
}
