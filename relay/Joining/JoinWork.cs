using Depmap.Relay.Agents;
using Depmap.Relay.Names;

namespace Depmap.Relay.Joining;

/// <summary>What the intake hands to the join stage.</summary>
internal abstract record JoinWork
{
    public sealed record Connected(AgentKey Agent) : JoinWork;

    public sealed record Gone(AgentKey Agent) : JoinWork;

    /// <param name="Agent">Who tells it.</param>
    /// <param name="Sequence">Grows within the agent's epoch; one applied before is passed over.</param>
    /// <param name="Sightings">What it saw.</param>
    /// <param name="Resolutions">DNS answers, older than the sightings.</param>
    /// <param name="HostConnections">Of pods on the node's network.</param>
    public sealed record Batch(
        AgentKey Agent,
        ulong Sequence,
        IReadOnlyList<Sighting> Sightings,
        IReadOnlyList<Resolution> Resolutions,
        IReadOnlyList<HostConnection> HostConnections) : JoinWork
    {
        private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends once flows and map hold what the batch said.</summary>
        public Task Applied => _applied.Task;

        public void SetApplied() => _applied.TrySetResult();
    }

    /// <summary>A flow's time to wait may be over.</summary>
    public sealed record Wake : JoinWork;
}
