using Depmap.Agent.Records;

namespace Depmap.Agent.Observation;

/// <summary>Counters for metrics and for the relay.</summary>
/// <param name="Connections">Connections held now.</param>
/// <param name="Kernel">Totals since the start, including losses in the agent's own queues.</param>
/// <param name="LostConnections">At most so many connections found no room in the table; never lowered.</param>
internal sealed record ObservationCounters(int Connections, Counters Kernel, ulong LostConnections);
