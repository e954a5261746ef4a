using System.Net;
using Depmap.Relay.Map;

namespace Depmap.Relay.Options;

/// <summary>The relay's options.</summary>
internal sealed record RelayOptions
{
    /// <summary>The address for agents; port 0 for any free port.</summary>
    public required IPEndPoint Intake { get; init; }

    /// <summary>The address for readers; port 0 for any free port.</summary>
    public required IPEndPoint Queries { get; init; }

    /// <summary>The address for health checks; null for none.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>A folder with the relay's certificate and key and the agents' CA; null to accept reports without TLS.</summary>
    public string? TlsFolder { get; init; }

    /// <summary>The namespace whose Secret has the certificate authority; null if the relay makes no certificates.</summary>
    public string? Certificates { get; init; }

    /// <summary>A file with a Kubernetes List; null for none.</summary>
    public string? Objects { get; init; }

    /// <summary>The folder of a service account, to read names from the Kubernetes API; null for none.</summary>
    public string? Kubernetes { get; init; }

    /// <summary>Number of flows kept for readers.</summary>
    public required int Flows { get; init; }

    /// <summary>Maximum number of concurrent flows.</summary>
    public required int MaxFlows { get; init; }

    /// <summary>Maximum number of edges in the map.</summary>
    public required int MaxEdges { get; init; }

    /// <summary>Names of networks outside the cluster; null for none.</summary>
    public OutsideNetworks? OutsideNetworks { get; init; }

    /// <summary>The folder of the history; null to keep it in memory.</summary>
    public string? Persist { get; init; }

    /// <summary>How long the history is kept in the folder.</summary>
    public TimeSpan Retain { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The maximum size of the history in the folder, in bytes.</summary>
    public long RetainSize { get; init; } = 1L << 30;
    public required LogLevel LogLevel { get; init; }

    /// <summary>When this installation removes itself; null for never.</summary>
    public TrialDeadline? Trial { get; init; }
}
