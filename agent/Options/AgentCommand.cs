using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Runtime.InteropServices;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging;
using static Depmap.Agent.Options.AgentOptions;

namespace Depmap.Agent.Options;

/// <summary>The command line of <c>depmap-agent</c>.</summary>
/// <param name="environment">Gives an environment variable's value; null where it is not set.</param>
internal sealed class AgentCommand(Func<string, string?> environment)
{
    private readonly Setting<Uri?> _relay = new("--relay", "DEPMAP_RELAY", "HOST:PORT",
        "The relay to report to. Required.", OptionText.HostAndPort, fallback: null);

    private readonly Setting<string> _node = new("--node", "DEPMAP_NODE", "NAME",
        "Kubernetes name of this node. Default: the host's name.", OptionText.Text, Environment.MachineName);

    private readonly Setting<IReadOnlyList<IPAddress>> _nodeIp = new("--node-ip", "DEPMAP_NODE_IP", "ADDRESS",
        "An address of this node; several with commas, or by several options. Default: none.",
        OptionText.Addresses, fallback: "", repeatable: true);

    private readonly Setting<IPEndPoint?> _listen = new("--listen", "DEPMAP_LISTEN", "ADDRESS:PORT",
        "Where /healthz and /metrics are served, or none. Default: 127.0.0.1:9472.",
        OptionText.EndPointOrNone, "127.0.0.1:9472");

    private readonly Setting<int> _flowSlots = new("--flow-slots", "DEPMAP_FLOW_SLOTS", "N",
        $"Flow cache entries per CPU: a power of two from {LeastFlowSlots} to {MostFlowSlots}, or 0 to choose by the "
        + "number of CPUs. Default: 0.", OptionText.PowerOfTwoOrZero(LeastFlowSlots, MostFlowSlots), "0");

    private readonly Setting<int> _maxConnections = new("--max-connections", "DEPMAP_MAX_CONNECTIONS", "N",
        $"Connections held at most: from {LeastConnections} to {MostConnections}. Default: 65536.",
        OptionText.Number(LeastConnections, MostConnections), "65536");

    private readonly Setting<AttachMode?> _attach = new("--attach", "DEPMAP_ATTACH", "auto|tcx|clsact",
        "How to attach to an interface: auto takes tcx where the kernel has it. Default: auto.",
        OptionText.Word<AttachMode?>(("auto", null), ("tcx", AttachMode.Tcx), ("clsact", AttachMode.Clsact)), "auto");

    private readonly Setting<LogLevel> _logLevel = new("--log-level", "DEPMAP_LOG_LEVEL", "debug|info|warning|error",
        "The least that is logged. Default: info.", OptionText.Word(
            ("debug", LogLevel.Debug), ("info", LogLevel.Information),
            ("warning", LogLevel.Warning), ("error", LogLevel.Error)), "info");

    /// <summary>
    /// Reads the options and runs the agent until it ends, or SIGINT or SIGTERM asks it to; a second such signal ends
    /// the process at once.
    /// </summary>
    /// <param name="args">The command line, without the program's name.</param>
    /// <param name="output">Takes help and version.</param>
    /// <param name="error">Takes one <c>error:</c> line where an option is wrong.</param>
    /// <param name="run">The agent; its result is the exit code.</param>
    /// <returns>The exit code; 1 where an option is wrong.</returns>
    public async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, Func<AgentOptions, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand("Observes the connections of this node's pods and reports them to a Depmap relay. "
            + "Each option may be set by the environment variable named beside it; the option wins.");
        foreach (Option option in Options)
            root.Options.Add(option);

        ParseResult given = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // Only --help and --version bring an action along.
        if (given.Errors.Count == 0 && given.Action is not null)
            return given.Invoke(new InvocationConfiguration { Output = output, Error = error });

        string? fault = FaultOf(given, root);
        AgentOptions options = Read(given, ref fault);
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

    private Option[] Options =>
    [
        _relay.Option, _node.Option, _nodeIp.Option, _listen.Option,
        _flowSlots.Option, _maxConnections.Option, _attach.Option, _logLevel.Option,
    ];

    private AgentOptions Read(ParseResult given, ref string? fault) => new()
    {
        Relay = _relay.Read(given, environment, ref fault)!,
        Node = _node.Read(given, environment, ref fault),
        NodeAddresses = _nodeIp.Read(given, environment, ref fault),
        Listen = _listen.Read(given, environment, ref fault),
        FlowSlots = _flowSlots.Read(given, environment, ref fault),
        MaxConnections = _maxConnections.Read(given, environment, ref fault),
        Attach = _attach.Read(given, environment, ref fault),
        LogLevel = _logLevel.Read(given, environment, ref fault),
    };

    /// <summary>What is wrong with the command line before any value is looked at.</summary>
    private static string? FaultOf(ParseResult given, RootCommand root)
    {
        IReadOnlyList<string> unmatched = given.UnmatchedTokens;
        if (unmatched.FirstOrDefault(token => token.StartsWith('-')) is { } unknown)
        {
            string typed = unknown.Split('=')[0];
            return $"there is no option {typed}; did you mean {NearestWord.To(typed, root.Options.Select(o => o.Name))}?";
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
