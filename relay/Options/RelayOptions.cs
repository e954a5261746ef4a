using System.Net;

namespace Depmap.Relay.Options;

/// <summary>How the relay was told to run.</summary>
internal sealed record RelayOptions
{
    /// <summary>Where agents report; port 0 takes any.</summary>
    public required IPEndPoint Intake { get; init; }

    /// <summary>Where readers ask; port 0 takes any.</summary>
    public required IPEndPoint Queries { get; init; }

    /// <summary>Where health is served; null for nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>A folder with the relay's certificate, its key and the agents' authority; null for an intake in the clear.</summary>
    public string? TlsFolder { get; init; }

    /// <summary>A file with a Kubernetes List; null where names come from elsewhere, or from nowhere.</summary>
    public string? Objects { get; init; }

    /// <summary>The folder of a service account, for names from the Kubernetes API; null for none.</summary>
    public string? Kubernetes { get; init; }

    /// <summary>Flows held for readers.</summary>
    public required int Flows { get; init; }

    /// <summary>Edges held in the map.</summary>
    public required int MaxEdges { get; init; }
    public required LogLevel LogLevel { get; init; }

    /// <summary>When the installation that this relay belongs to removes itself; null for never.</summary>
    public TrialDeadline? Trial { get; init; }
}
