using Depmap.Agent.Records;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Agent.Observation;

/// <param name="Connections">Held now.</param>
/// <param name="Kernel">Totals since the start; what was lost behind the ring is among it.</param>
/// <param name="LostSightings">Connections that there was no room for.</param>
internal sealed record Tallies(int Connections, Counters Kernel, ulong LostSightings);
