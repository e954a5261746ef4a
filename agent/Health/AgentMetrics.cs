using Depmap.Agent.Kernel;
using Depmap.Agent.Links;

namespace Depmap.Agent.Health;

/// <summary>How the agent is doing now: what <c>/healthz</c> and <c>/metrics</c> tell.</summary>
internal readonly record struct AgentMetrics
{
    public required string Version { get; init; }

    /// <summary>As <c>uname -r</c> prints it.</summary>
    public required string Kernel { get; init; }

    /// <summary><c>tcx</c> or <c>clsact</c>.</summary>
    public required string AttachMode { get; init; }

    public required KernelFeatureSet Features { get; init; }

    /// <summary>Whether pod interfaces are found as they come and go, be there any now or none.</summary>
    public required bool Watching { get; init; }

    public required AttachmentState Interfaces { get; init; }

    /// <summary>Connections held now.</summary>
    public required int Connections { get; init; }

    public required bool UplinkConnected { get; init; }

    /// <summary>Batches sent since the start; one sent again counts again.</summary>
    public required long BatchesSent { get; init; }

    /// <summary>Batches since the start that the relay holds.</summary>
    public required long BatchesAcknowledged { get; init; }

    /// <summary>Records since the start that the ring buffer had no room for.</summary>
    public required ulong LostMoments { get; init; }

    public required ulong LostEvictions { get; init; }

    public required ulong LostDrops { get; init; }

    public required ulong LostAnswers { get; init; }

    public required ulong LostHostConnections { get; init; }

    /// <summary>Sightings since the start that could not be held until the relay took them.</summary>
    public required ulong LostSightings { get; init; }
}
