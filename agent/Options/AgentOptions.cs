using System.Net;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Options;

/// <summary>What the agent was told to do, checked.</summary>
internal sealed record AgentOptions
{
    public const int LeastFlowSlots = 1 << 10;
    public const int MostFlowSlots = 1 << 20;
    public const int LeastConnections = 1 << 10;
    public const int MostConnections = 1 << 20;

    /// <summary><c>http://HOST:PORT</c>, also where <see cref="TlsFolder"/> makes it TLS.</summary>
    public required Uri Relay { get; init; }

    /// <summary>A folder with the agent's certificate, its key and the authority's; null for a connection in the clear.</summary>
    public required string? TlsFolder { get; init; }

    /// <summary>The Kubernetes name of this node.</summary>
    public required string Node { get; init; }

    /// <summary>The node's addresses, as its Node object lists them; may be empty.</summary>
    public required IReadOnlyList<IPAddress> NodeAddresses { get; init; }

    /// <summary>Where health and metrics are served; null for nowhere.</summary>
    public required IPEndPoint? Listen { get; init; }

    /// <summary>Flow cache entries per CPU: a power of two, or 0 to choose by the number of CPUs.</summary>
    public required int FlowSlots { get; init; }

    /// <summary>Connections held at most.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>How to attach; null: tcx where the kernel has it, else clsact.</summary>
    public required AttachMode? Attach { get; init; }

    public required LogLevel LogLevel { get; init; }
}
