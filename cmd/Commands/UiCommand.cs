using System.CommandLine;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;
using Depmap.Plugin.Ui;

namespace Depmap.Plugin.Commands;

/// <summary>Serves a live page with the map and the flows to a browser on this machine.</summary>
internal sealed class UiCommand : Command
{
    private readonly Option<int?> _port = ParsedOption.Optional(
        ["--port"], "PORT", "Listen on this port of 127.0.0.1. (default any that is free)", OptionParsers.Number(1, 65535));

    private readonly RelayOptions _relay;
    private readonly ProgramName _program;
    private readonly Terminal _terminal;

    public UiCommand(ProgramName program, RelayOptions relay, Terminal terminal)
        : base(
            "ui",
            $"""
            Show the live map and the flows on a page in your browser.

            It prints a link to open, and serves the page until Ctrl-C. The page is only for this machine: it is on the
            loopback, and the link works once; after that, the next link is printed. The filter on the page takes the
            arguments and flags of map.

            Examples:
              # The page of the cluster
              {program} ui

              # From another machine: on the one with the kubeconfig
              {program} ui --port 8600
              # and on the one with the browser
              ssh -L 127.0.0.1:8600:127.0.0.1:8600 HOST
            """)
    {
        (_program, _relay, _terminal) = (program, relay, terminal);
        Add(_port);
        relay.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Parsed<RelaySource> source = await _relay.ReadAsync(parse, cancellationToken);
        if (source.Error is { } error)
            return _terminal.Fail(error);
        // Its failure is better seen here than on the page.
        (await source.Value.OpenAsync(cancellationToken)).Dispose();
        Parsed<LocalSite> started = LocalSite.Start(parse.GetValue(_port) ?? 0);
        if (started.Error is { } failure)
            return _terminal.Fail(failure);
        using LocalSite site = started.Value;
        var access = new Access(site.Origin);
        var server = new UiServer(
            source.Value, access, _program, _terminal.TimeProvider,
            () => _terminal.Error.WriteLine($"Opened. For another window: {access.Link}"));
        _terminal.Print(access.Link + "\n");
        _terminal.Error.WriteLine("Open this link in a browser on this machine; it works once. Ctrl-C ends the page.");
        await site.ServeAsync(
            server.AnswerAsync,
            failure => _terminal.Error.WriteLine(InternalError.Describe(failure, UsageError.FullName(_program.Text, this))),
            cancellationToken);
        return ExitCode.Success;
    }
}
