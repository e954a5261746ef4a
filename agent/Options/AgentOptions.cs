using System.Net;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Options;

/// <summary>The validated options of the agent.</summary>
internal sealed record AgentOptions
{
    public const int MinFlowSlots = 1 << 10;
    public const int MaxFlowSlots = 1 << 20;
    public const int MinConnectionLimit = 1 << 10;
    public const int MaxConnectionLimit = 1 << 20;

    /// <summary><c>http://HOST:PORT</c>, even if <see cref="TlsFolder"/> enables TLS.</summary>
    public required Uri Relay { get; init; }

    /// <summary>A folder with the agent's certificate and key and the CA certificate; null for a connection without TLS.</summary>
    public required string? TlsFolder { get; init; }

    /// <summary>The Kubernetes name of this node.</summary>
    public required string Node { get; init; }

    /// <summary>The node's addresses from its Node object; may be empty.</summary>
    public required IReadOnlyList<IPAddress> NodeAddresses { get; init; }

    /// <summary>Where health checks and metrics are served; null to disable them.</summary>
    public required IPEndPoint? Listen { get; init; }

    /// <summary>Flow cache entries per CPU: a power of two, or 0 to choose by the number of CPUs.</summary>
    public required int FlowSlots { get; init; }

    /// <summary>Maximum number of connections in the table.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>How to attach programs; null for tcx if the kernel has it, else clsact.</summary>
    public required AttachMode? Attach { get; init; }

    public required LogLevel LogLevel { get; init; }
}
