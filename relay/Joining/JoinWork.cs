using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Joining;

/// <summary>A work item from the intake for the join stage.</summary>
internal abstract record JoinWork
{
    public sealed record Connected(AgentKey Agent) : JoinWork;

    public sealed record Disconnected(AgentKey Agent) : JoinWork;

    /// <param name="Agent">The reporting agent.</param>
    /// <param name="Sequence">Increases within the agent's epoch; a batch that was applied before is ignored.</param>
    /// <param name="Sightings">New and updated sightings.</param>
    /// <param name="Resolutions">DNS responses, older than the sightings.</param>
    /// <param name="HostConnections">Connections of host-network pods.</param>
    public sealed record Batch(
        AgentKey Agent,
        ulong Sequence,
        IReadOnlyList<Sighting> Sightings,
        IReadOnlyList<Resolution> Resolutions,
        IReadOnlyList<HostConnection> HostConnections) : JoinWork
    {
        /// <summary>The addresses of the agent's node; null if the batch does not report them.</summary>
        public IReadOnlyList<Address>? NodeAddresses { get; init; }

        /// <summary>How many sightings were ignored because the agent's node cannot have made them; known once it is applied.</summary>
        public int Impossible { get; set; }

        private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes once flows and map contain the batch.</summary>
        public Task Applied => _applied.Task;

        public void SetApplied() => _applied.TrySetResult();
    }

    /// <summary>The delay of a flow may have expired.</summary>
    public sealed record Wake : JoinWork;
}
