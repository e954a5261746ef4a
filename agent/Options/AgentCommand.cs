using System.CommandLine;
using System.Net;
using Depmap.Agent.Links;
using Depmap.Common.Options;
using Microsoft.Extensions.Logging;
using static Depmap.Agent.Options.AgentOptions;

namespace Depmap.Agent.Options;

/// <summary>The command line of <c>depmap-agent</c>.</summary>
/// <param name="environment">Returns an environment variable's value; null if it is not set.</param>
internal sealed class AgentCommand(Func<string, string?> environment) : DaemonCommand<AgentOptions>(
    "depmap-agent",
    "Observes the connections of this node's pods and reports them to a Depmap relay. "
    + "Each option can be set with the environment variable in brackets instead.", environment)
{
    private readonly Setting<Uri?> _relay = new("--relay", "HOST:PORT",
        "The relay to report to.", OptionParsers.HttpAddress, fallback: null);

    private readonly Setting<string?> _tlsFolder = new("--tls-folder", "FOLDER",
        "A folder with tls.crt, tls.key and ca.crt, for mutual TLS with the relay.", OptionParsers.OptionalText,
        fallback: "", fallbackName: "none, without TLS");

    private readonly Setting<string> _node = new("--node", "NAME",
        "The Kubernetes name of this node.", OptionParsers.Text, Environment.MachineName, fallbackName: "the host's name");

    private readonly Setting<IReadOnlyList<IPAddress>> _nodeIp = new("--node-ip", "ADDRESS",
        "The addresses of this node, separated by commas or in repeated options.",
        OptionParsers.Addresses, fallback: "", repeatable: true);

    private readonly Setting<IPEndPoint?> _listen = new("--listen", "ADDRESS:PORT",
        "Where /healthz, /readyz and /metrics are served, or none.",
        OptionParsers.EndPointOrNone, "127.0.0.1:9472");

    private readonly Setting<int> _flowSlots = new("--flow-slots", "N",
        $"Flow cache entries per CPU: a power of two from {LeastFlowSlots} to {MostFlowSlots}, or 0 to choose by the "
        + "number of CPUs.", OptionParsers.PowerOfTwoOrZero(LeastFlowSlots, MostFlowSlots), "0");

    private readonly Setting<int> _maxConnections = new("--max-connections", "N",
        $"The maximum number of connections held, from {LeastConnections} to {MostConnections}.",
        OptionParsers.Number(LeastConnections, MostConnections), "65536");

    private readonly Setting<AttachMode?> _attach = new("--attach", "auto|tcx|clsact",
        "How to attach to interfaces: auto uses tcx if the kernel has it.",
        new Choice<AttachMode?>(("auto", null), ("tcx", AttachMode.Tcx), ("clsact", AttachMode.Clsact)).Parse, "auto");

    private readonly Setting<LogLevel> _logLevel = new("--log-level", "debug|info|warning|error",
        "The minimum level to log.", OptionParsers.LogLevel.Parse, "info");

    protected override Option[] Options =>
    [
        _relay.Option, _tlsFolder.Option, _node.Option, _nodeIp.Option, _listen.Option,
        _flowSlots.Option, _maxConnections.Option, _attach.Option, _logLevel.Option,
    ];

    protected override AgentOptions Read(ParseResult parse, Func<string, string?> environment, ref string? error) => new()
    {
        Relay = _relay.Read(parse, environment, ref error)!,
        TlsFolder = _tlsFolder.Read(parse, environment, ref error),
        Node = _node.Read(parse, environment, ref error),
        NodeAddresses = _nodeIp.Read(parse, environment, ref error),
        Listen = _listen.Read(parse, environment, ref error),
        FlowSlots = _flowSlots.Read(parse, environment, ref error),
        MaxConnections = _maxConnections.Read(parse, environment, ref error),
        Attach = _attach.Read(parse, environment, ref error),
        LogLevel = _logLevel.Read(parse, environment, ref error),
    };
}
