using System.CommandLine;
using System.Net;
using Depmap.Agent.Links;
using Depmap.Common.Options;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Options;

/// <summary>The command line of <c>depmap-agent</c>.</summary>
/// <param name="environment">Returns the value of an environment variable; null if it is not set.</param>
internal sealed class AgentCommand(Func<string, string?> environment) : DaemonCommand<AgentOptions>(
    "Observes the connections of this node's pods and reports them to a Depmap relay. "
    + "Each option can also be set by the environment variable in brackets; the option takes precedence.", environment)
{
    private readonly Setting<Uri?> _relay = new("--relay", "HOST:PORT",
        "The relay to report to. Required. [DEPMAP_RELAY]", OptionText.HostAndPort, fallback: null);

    private readonly Setting<string?> _tlsFolder = new("--tls-folder", "FOLDER",
        "A folder with tls.crt, tls.key and ca.crt for mutual TLS (default none: no TLS). [DEPMAP_TLS_FOLDER]",
        OptionText.TextOrNone, fallback: "");

    private readonly Setting<string> _node = new("--node", "NAME",
        "Kubernetes name of this node (default: the host name). [DEPMAP_NODE]", OptionText.Text, Environment.MachineName);

    private readonly Setting<IReadOnlyList<IPAddress>> _nodeIp = new("--node-ip", "ADDRESS",
        "IP addresses of this node, separated by commas; may be repeated (default none). [DEPMAP_NODE_IP]",
        OptionText.Addresses, fallback: "", repeatable: true);

    private readonly Setting<IPEndPoint?> _listen = new("--listen", "ADDRESS:PORT",
        "Address to serve /healthz, /readyz and /metrics on, or none (default 127.0.0.1:9472). [DEPMAP_LISTEN]",
        OptionText.EndPointOrNone, "127.0.0.1:9472");

    private readonly Setting<int> _flowSlots = new("--flow-slots", "N",
        $"Flow cache entries per CPU: a power of two from {AgentOptions.MinFlowSlots} to {AgentOptions.MaxFlowSlots}, or 0 to "
        + "choose by the number of CPUs (default 0). [DEPMAP_FLOW_SLOTS]",
        OptionText.PowerOfTwoOrZero(AgentOptions.MinFlowSlots, AgentOptions.MaxFlowSlots), "0");

    private readonly Setting<int> _maxConnections = new("--max-connections", "N",
        $"Maximum number of connections in memory, from {AgentOptions.MinConnectionLimit} to {AgentOptions.MaxConnectionLimit} "
        + "(default 65536). [DEPMAP_MAX_CONNECTIONS]",
        OptionText.Number(AgentOptions.MinConnectionLimit, AgentOptions.MaxConnectionLimit), "65536");

    private readonly Setting<AttachMode?> _attach = new("--attach", "auto|tcx|clsact",
        "How to attach to interfaces: auto uses tcx if the kernel has it, else clsact (default auto). [DEPMAP_ATTACH]",
        OptionText.Word<AttachMode?>(("auto", null), ("tcx", AttachMode.Tcx), ("clsact", AttachMode.Clsact)), "auto");

    private readonly Setting<LogLevel> _logLevel = new("--log-level", "debug|info|warning|error",
        "Minimum level of log messages (default info). [DEPMAP_LOG_LEVEL]", OptionText.Level, "info");

    protected override Option[] Options =>
    [
        _relay.Option, _tlsFolder.Option, _node.Option, _nodeIp.Option, _listen.Option,
        _flowSlots.Option, _maxConnections.Option, _attach.Option, _logLevel.Option,
    ];

    protected override AgentOptions Read(ParseResult given, Func<string, string?> environment, ref string? fault) => new()
    {
        Relay = _relay.Read(given, environment, ref fault)!,
        TlsFolder = _tlsFolder.Read(given, environment, ref fault),
        Node = _node.Read(given, environment, ref fault),
        NodeAddresses = _nodeIp.Read(given, environment, ref fault),
        Listen = _listen.Read(given, environment, ref fault),
        FlowSlots = _flowSlots.Read(given, environment, ref fault),
        MaxConnections = _maxConnections.Read(given, environment, ref fault),
        Attach = _attach.Read(given, environment, ref fault),
        LogLevel = _logLevel.Read(given, environment, ref fault),
    };
}
