using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>A sighting as last told, and the flow it is part of.</summary>
/// <param name="agent">Who tells it.</param>
/// <param name="flow">What it is part of.</param>
/// <param name="first">As it was told first, turned round where that is needed.</param>
internal sealed class SightingRecord(AgentEpoch agent, JoinedFlow flow, in Sighting first)
{
    private Sighting _value = first;

    public AgentEpoch Agent { get; } = agent;
    public JoinedFlow Flow { get; } = flow;

    /// <summary>The client was guessed wrong: what the agent tells is turned round.</summary>
    public bool Reversed { get; init; }
    public ref readonly Sighting Value => ref _value;

    /// <summary>It was ESTABLISHED once, whatever came later.</summary>
    public bool WasEstablished { get; private set; } = first.State == State.Established;

    /// <summary>The same side's sighting by the agent's earlier start, or for a drop by another node.</summary>
    public SightingRecord? Former { get; init; }

    // Neighbours in the two indices of SightingIndex.
    public SightingRecord? NextByClient, PreviousByClient, NextBySequence, PreviousBySequence;

    /// <summary>The first record of this side: the one that saw it opened.</summary>
    public SightingRecord Oldest => Former?.Oldest ?? this;

    /// <summary>Takes newer totals. What is older than what is held changes nothing.</summary>
    public void Update(in Sighting told)
    {
        Sighting next = Reversed ? told.Reversed() : told;
        Sighting held = _value;
        if (next.BytesToServer < held.BytesToServer || next.BytesToClient < held.BytesToClient)
            return;
        // The first telling names the ends and the opening: the index stands on them.
        _value = next with
        {
            State = next.State == State.Opening ? held.State : next.State,
            Side = held.Side,
            Client = held.Client,
            Server = held.Server,
            Original = held.Original,
            Translated = held.Translated,
            ClientIsNode = held.ClientIsNode,
            Opened = held.Opened,
            // A node's clock may be set back: that makes what it tells no older.
            Last = Math.Max(next.Last, held.Last),
            InitialSequence = held.InitialSequence,
            Ended = next.Ended || held.Ended,
        };
        WasEstablished |= next.State == State.Established;
    }
}
