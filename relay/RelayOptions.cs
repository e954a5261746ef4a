using System.Net;

namespace Depmap.Relay;

/// <summary>How the relay was told to run.</summary>
/// <param name="Intake">Where agents report; port 0 takes any.</param>
/// <param name="Queries">Where readers ask; port 0 takes any.</param>
/// <param name="TlsFolder">A folder with the relay's certificate, its key and the agents' authority; null for an intake in the clear.</param>
/// <param name="Objects">A file with a Kubernetes List; null for no names.</param>
/// <param name="Flows">Flows held for readers.</param>
/// <param name="MaxEdges">Edges held in the map.</param>
internal sealed record RelayOptions(IPEndPoint Intake, IPEndPoint Queries, string? TlsFolder, string? Objects, int Flows, int MaxEdges, LogLevel LogLevel);
