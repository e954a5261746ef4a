using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>A sighting as last reported, and the flow that it belongs to.</summary>
/// <param name="agent">The reporting agent.</param>
/// <param name="flow">The flow that the sighting belongs to.</param>
/// <param name="first">The first report, reversed if necessary.</param>
/// <param name="previous">The flow's record of the same side so far.</param>
internal sealed class SightingRecord(AgentEpoch agent, JoinedFlow flow, in Sighting first, SightingRecord? previous)
{
    /// <summary>Maximum number of records of one side. No flow needs as many; an agent could report them without end.</summary>
    public const int MaxPerSide = 16;

    private readonly int _depth = previous is null ? 0 : previous._depth + 1;
    private Sighting _value = first;

    public AgentEpoch Agent { get; } = agent;
    public JoinedFlow Flow { get; } = flow;

    /// <summary>The agent guessed the wrong client: its reports are reversed.</summary>
    public bool Reversed { get; init; }
    public ref readonly Sighting Value => ref _value;

    /// <summary>Whether the state has ever been Established.</summary>
    public bool WasEstablished { get; private set; } = first.State == State.Established;

    /// <summary>The previous record of the same side: from before the agent's restart, or, for a drop, from another node.</summary>
    public SightingRecord? Previous { get; } = previous;

    /// <summary>Whether this side has as many records as it may have.</summary>
    public bool IsLast => _depth == MaxPerSide - 1;

    // Neighbors in the chains of SightingIndex.
    public SightingRecord? NextByClient, PreviousByClient, NextBySequence, PreviousBySequence;

    /// <summary>The first record of this side, which has the opening time.</summary>
    public SightingRecord First => Previous?.First ?? this;

    /// <summary>Applies newer totals; ignores totals older than the current ones.</summary>
    public void Update(in Sighting incoming)
    {
        Sighting next = Reversed ? incoming.Reversed() : incoming;
        Sighting current = _value;
        if (next.BytesToServer < current.BytesToServer || next.BytesToClient < current.BytesToClient)
            return;
        // Endpoints and opening keep the values of the first report: the index depends on them.
        _value = next with
        {
            State = next.State == State.Opening ? current.State : next.State,
            Side = current.Side,
            Client = current.Client,
            Server = current.Server,
            Original = current.Original,
            Translated = current.Translated,
            ClientIsNode = current.ClientIsNode,
            Opened = current.Opened,
            // A node's clock may be set back; that does not make its report older.
            LastSeen = Math.Max(next.LastSeen, current.LastSeen),
            InitialSequence = current.InitialSequence,
            InterfaceSince = current.InterfaceSince,
            Ended = next.Ended || current.Ended,
        };
        WasEstablished |= next.State == State.Established;
    }
}
