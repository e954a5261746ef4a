using Depmap.Agent.Records;

namespace Depmap.Agent.Observation;

/// <summary>Counters for metrics and for the relay.</summary>
/// <param name="Connections">Connections held now.</param>
/// <param name="Kernel">Totals since the start, including losses in the agent's own queues.</param>
/// <param name="LostSightings">Total number of connections that found the table full.</param>
internal sealed record ObservationCounters(int Connections, Counters Kernel, ulong LostSightings);
