using Depmap.Agent.Kernel;
using Depmap.Agent.Links;

namespace Depmap.Agent.Health;

/// <summary>A snapshot of the agent's state for <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>.</summary>
internal readonly record struct AgentMetrics
{
    public required string Version { get; init; }

    /// <summary>As <c>uname -r</c> prints it.</summary>
    public required string Kernel { get; init; }

    /// <summary><c>tcx</c> or <c>clsact</c>.</summary>
    public required string AttachMode { get; init; }

    public required KernelFeatureSet Features { get; init; }

    /// <summary>Whether the agent watches pod interfaces, even if there are none yet.</summary>
    public required bool Watching { get; init; }

    public required AttachmentState Interfaces { get; init; }

    /// <summary>Number of connections in the table.</summary>
    public required int Connections { get; init; }

    public required bool UplinkConnected { get; init; }

    /// <summary>Total number of batches sent; a batch that is sent again is counted again.</summary>
    public required long BatchesSent { get; init; }

    /// <summary>Total number of batches that the relay has acknowledged.</summary>
    public required long BatchesAcknowledged { get; init; }

    /// <summary>Total number of records lost because the ring buffer was full.</summary>
    public required ulong LostMoments { get; init; }

    public required ulong LostEvictions { get; init; }

    public required ulong LostDrops { get; init; }

    public required ulong LostAnswers { get; init; }

    public required ulong LostHostConnections { get; init; }

    /// <summary>At most so many connections were lost because the table had no room.</summary>
    public required ulong LostConnections { get; init; }
}
