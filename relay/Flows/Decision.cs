using Depmap.V1;

namespace Depmap.Relay.Flows;

/// <summary>What became of a flow; the verdict is unspecified until its sightings show it.</summary>
/// <param name="Guessed">The flow's arrival was inferred, not observed.</param>
internal readonly record struct Decision(Verdict Verdict, DropReason Reason = default, string? Detail = null, bool Guessed = false);
