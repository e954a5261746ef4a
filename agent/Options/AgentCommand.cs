using System.CommandLine;
using System.Net;
using Depmap.Agent.Links;
using Depmap.Common.Options;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Options;

/// <summary>The command line of <c>depmap-agent</c>.</summary>
/// <param name="environment">Returns the value of an environment variable; null if it is not set.</param>
internal sealed class AgentCommand(Func<string, string?> environment) : DaemonCommand<AgentOptions>(
    "depmap-agent",
    "Observes the connections of this node's pods and reports them to a Depmap relay. "
    + "Each option can also be set by the environment variable in brackets; the option takes precedence.", environment)
{
    private readonly Setting<Uri?> _relay = new("--relay", "HOST:PORT",
        "The relay to report to.", OptionParsers.HttpAddress, fallback: null);

    private readonly Setting<string?> _tlsFolder = new("--tls-folder", "FOLDER",
        "A folder with tls.crt, tls.key and ca.crt for mutual TLS.",
        OptionParsers.OptionalText, fallback: "");

    private readonly Setting<string> _node = new("--node", "NAME",
        "Kubernetes name of this node.", OptionParsers.Text, Environment.MachineName, fallbackName: "the host name");

    private readonly Setting<IReadOnlyList<IPAddress>> _nodeIp = new("--node-ip", "ADDRESS",
        "IP addresses of this node, separated by commas; may be repeated.",
        OptionParsers.Addresses, fallback: "", repeatable: true);

    private readonly Setting<IPEndPoint?> _listen = new("--listen", "ADDRESS:PORT",
        "Address to serve /healthz, /readyz and /metrics on, or none.",
        OptionParsers.EndPointOrNone, "127.0.0.1:9472");

    private readonly Setting<int> _flowSlots = new("--flow-slots", "N",
        $"Flow cache entries per CPU: a power of two from {AgentOptions.MinFlowSlots} to {AgentOptions.MaxFlowSlots}, or 0 to "
        + "choose by the number of CPUs.",
        OptionParsers.PowerOfTwoOrZero(AgentOptions.MinFlowSlots, AgentOptions.MaxFlowSlots), "0");

    private readonly Setting<int> _maxConnections = new("--max-connections", "N",
        $"Maximum number of connections in memory, from {AgentOptions.MinConnectionLimit} to {AgentOptions.MaxConnectionLimit}.",
        OptionParsers.Number(AgentOptions.MinConnectionLimit, AgentOptions.MaxConnectionLimit), "65536");

    private readonly Setting<AttachMode?> _attach = new("--attach", "auto|tcx|clsact",
        "How to attach to interfaces: auto uses tcx if the kernel has it, else clsact.",
        new Choice<AttachMode?>(("auto", null), ("tcx", AttachMode.Tcx), ("clsact", AttachMode.Clsact)).Parse, "auto");

    private readonly Setting<LogLevel> _logLevel = new("--log-level", "debug|info|warning|error",
        "Minimum level of log messages.", OptionParsers.LogLevel.Parse, "info");

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
